/** An identifier with every character that PostgreSQL allows in one. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal that means the same whatever `standard_conforming_strings` says: backslashes only in the E form. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}

/**
 * Settings whose stored value is a list of quoted identifiers (GUC_LIST_QUOTE): one literal for the whole would be
 * taken as a single name. The list is pg_dump's (variable_is_guc_list_quote in src/bin/pg_dump/dumputils.c).
 */
const listSettings = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** The value of a setting, as stored in pg_db_role_setting, in the form that `SET name TO …` wants. */
export function settingValue(name: string, stored: string): string {
  if (!listSettings.has(name.toLowerCase())) return literal(stored);
  return splitNames(stored).map(literal).join(', ');
}

/** `"$user", public` → `$user`, `public`. */
function splitNames(list: string): string[] {
  const names = [...list.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",]+))\s*(?:,|$)/g)];
  return names.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare?.trim() ?? '');
}
