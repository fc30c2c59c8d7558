import type { ConnectorDefinition, EntityName } from '../connector/index.ts';
import type { Fake } from './fake.ts';

/** What a test works with. */
export interface Kit {
  readonly definition: ConnectorDefinition;
  /** A fresh fake; the test disposes of it. */
  startFake(): Promise<Fake>;
}

export interface ContractTest {
  /** Stable between releases: waivers name it. Tests of one entity or command are called `TEST/ENTITY`. */
  readonly id: string;
  readonly title: string;
  run(kit: Kit): Promise<void>;
}

/** A test that runs once for each entity that is read in a certain way. */
export interface EntityTest {
  readonly id: string;
  readonly title: string;
  run(kit: Kit, entity: EntityName): Promise<void>;
}
