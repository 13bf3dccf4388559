// A simulator that is killed before it can close: prints its tasks' process ids, and closes only when it is told to.
import { app, startEstate } from './estate.ts';

const estate = await startEstate();
const { balancer } = await estate.setUp({
  serviceName: 'orphan',
  desiredCount: 2,
  command: ['/bin/sh', '-c', `trap '' TERM INT HUP; sleep 600 & "${app[0]}" "${app[1]}"; wait`],
  targetGroup: { healthPath: '/health', intervalMs: 50 },
});
await estate.ecs.steady('orphan', 20_000);
const groups = new Set<number>();
while (groups.size < 2) {
  const { pid } = (await (await fetch(String(balancer?.url))).json()) as { pid: number };
  groups.add(pid);
}
console.log(`serving ${[...groups].join(' ')}`);
process.stdin.once('data', async () => {
  await estate.world.close();
  process.stdin.destroy();
});
