/**
 * Runs once a test run, on the migrated template database: what it leaves there, each test file finds in its own database.
 * Every connection has to be closed again, or the template cannot be cloned.
 */
export async function prepareTemplate(_url: string, _schema: string): Promise<void> {}
