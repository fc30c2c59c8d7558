import { test } from 'node:test';
import { connectorTests } from 'oto-bridge/kit';
import definition from '../src/index.js';
import { startFake } from './fake.js';

connectorTests({ test, definition, startFake });
