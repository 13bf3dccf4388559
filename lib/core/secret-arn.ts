/** `arn:…:secret:NAME-AbCdEf` → NAME: Secrets Manager appends a hyphen and six characters. A bare name is returned as it is. */
export function secretNameOf(secretArn: string): string {
  const name = secretArn.split(':secret:')[1];
  return name === undefined ? secretArn : name.slice(0, -7);
}
