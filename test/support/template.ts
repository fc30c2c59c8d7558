import { pino } from 'pino';
import { openJobs } from '../../src/jobs/jobs.ts';
import { openDatabase } from '../../src/store/db.ts';

/**
 * Runs once a test run, on the migrated template database: what it leaves there, each test file finds in its own database.
 * Every connection has to be closed again, or the template cannot be cloned.
 */
export async function prepareTemplate(url: string, schema: string): Promise<void> {
  // The job queue's own tables take longer to make than to clone.
  const log = pino({ level: 'silent' });
  const db = await openDatabase({ url, schema, applicationName: 'template', log });
  const jobs = await openJobs(db, log);
  await jobs.stop(5000);
  await db.close();
}
