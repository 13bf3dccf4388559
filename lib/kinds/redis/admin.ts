/** What the admin needs. Whoever may use ACL SETUSER may do everything anyway. */
export function remedy(admin: string): string {
  return `ACL SETUSER ${admin} +acl +config +client +info +cluster|info +multi +exec`;
}
