/**
 * The contract tests that every connector runs, built in or foreign. They work against a fake ERP that the connector brings along,
 * need no network, and throw node:assert errors, so any test runner will do. See connectors/README.md.
 */
export { type ConnectorTestsOptions, connectorTests, contractTests } from './connector-tests.ts';
export type { ContractTest, Kit } from './contract-test.ts';
export { type Effect, type Fake, sampleCommands, type Trouble } from './fake.ts';
export type { Waiver } from './waivers.ts';
