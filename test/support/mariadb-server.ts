import { mariadbMissing } from '../../lib/rehearsal/estates/mariadb-server.ts';

export * from '../../lib/rehearsal/estates/mariadb-server.ts';

/** Whether Debian's `mariadb-server` is installed; says in one line what is left out where it is not. */
export const hasMariadb = mariadbMissing === undefined;
if (!hasMariadb) console.log(`left out: ${mariadbMissing}`);
