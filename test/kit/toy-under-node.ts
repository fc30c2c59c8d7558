import { test } from 'node:test';
import { connectorTests } from '../../src/kit/index.ts';
import { type Fault, startToy, toyConnector } from './toy.ts';

connectorTests({ test, definition: toyConnector(...(process.argv.slice(2) as Fault[])), startFake: startToy });
