import { test } from 'vitest';
import http from '../../connectors/http/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startHttpErp } from './http-erp.ts';

connectorTests({ test, definition: http, startFake: startHttpErp });
