import { test, vi } from 'vitest';
import { sides } from './switch-sides.ts';
import { tell } from './switch-stories.ts';

// They wait for one another.
vi.setConfig({ testTimeout: 120_000 });

test.concurrent.for(sides('goods', 'level'))('$name', async ({ story, switches, config }) => {
  await tell(story, { switches, config });
});
