/** Functions run on nodejs24.x: the tests run on the same major, which npm scripts put first on the PATH. */
export function setup(): void {
  const [major] = process.versions.node.split('.');
  if (major !== '24')
    throw new Error(
      `tests run on Node 24, not ${process.versions.node}: start them with npm (npm test, or npm exec vitest)`,
    );
}
