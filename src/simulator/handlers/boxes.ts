import type { Box } from '../account.ts';
import { refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Handler, ParsedParams } from './handler.ts';

function measured({ name, length, width, height }: ParsedParams<'addBox'>): Omit<Box, 'id'> {
  return { name, length: Number(length), width: Number(width), height: Number(height) };
}

function boxNamed({ state }: World, name: string): Box | undefined {
  return state.account.content.boxes.find((box) => box.name === name);
}

export const addBox: Handler<'addBox'> = (params, { world }) => {
  if (boxNamed(world, params.name) !== undefined) return { refused: refusal('boxExists') };
  const id = world.state.next.box++;
  world.state.account.content.boxes.push({ id, ...measured(params) });
  return { body: { success: true, message: 'Box is added' }, effect: { id } };
};

export const updateBox: Handler<'updateBox'> = (params, { world }) => {
  const box = boxNamed(world, params.name);
  if (box === undefined) return { refused: refusal('boxMissing') };
  Object.assign(box, measured(params));
  return { body: { success: true, message: 'Box is updated' }, effect: { id: box.id } };
};

export const getBox: Handler<'getBox'> = ({ name }, { world }) => {
  const all = world.state.account.content.boxes;
  const found = name === undefined ? all : all.filter((box) => box.name === name);
  if (name !== undefined && found.length === 0) return { refused: refusal('boxMissing') };
  return { body: { success: true, boxes: found.map(({ name: boxName, ...box }) => ({ ...box, boxName })) } };
};
