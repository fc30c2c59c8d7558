import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BridgeError } from '../lib/errors.ts';
import { configErrors } from './errors.ts';

export const defaultConfigFiles = ['config/oto-bridge.yaml', 'oto-bridge.yaml'] as const;

export interface FindOptions {
  /** The value of `--config`. */
  readonly config?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The configuration file to use, absolute: `--config`, else $OTO_BRIDGE_CONFIG, else one of the usual places. Throws CONFIG_NOT_FOUND. */
export function findConfigFile({ config, env, cwd }: FindOptions): string {
  if (config !== undefined) return resolve(cwd, config);
  const named = env.OTO_BRIDGE_CONFIG;
  if (named !== undefined && named !== '') return resolve(cwd, named);
  const usual = defaultConfigFiles.map((file) => resolve(cwd, file));
  const found = usual.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new BridgeError(configErrors.CONFIG_NOT_FOUND, {
    message: `There is no configuration file: neither ${usual.join(' nor ')} exists.`,
    hint: 'Copy config/example.yaml to config/oto-bridge.yaml and edit it, or name your file with --config FILE or $OTO_BRIDGE_CONFIG.',
  });
}
