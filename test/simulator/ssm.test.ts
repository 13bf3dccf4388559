import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../lib/simulator/index.ts';
import type { Ssm } from '../../lib/simulator/services/ssm/ssm.ts';
import type { SimulatedWorld } from '../../lib/simulator/world.ts';
import { clientConfig, roleSession } from './support/actors.ts';

let world: SimulatedWorld;
let client: SSMClient;
beforeEach(async () => {
  world = await startSimulator();
  client = new SSMClient(clientConfig(world));
});
afterEach(() => world.close());

const put = (Name: string, Value: string, Overwrite?: boolean) =>
  client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...(Overwrite !== undefined && { Overwrite }) }));

describe('parameters (https://docs.aws.amazon.com/systems-manager/latest/APIReference/)', () => {
  it('are put, read, overwritten only on request, and deleted (API_PutParameter)', async () => {
    await put('/app/one', 'first');
    await expect(put('/app/one', 'second')).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
    expect((await put('/app/one', 'second', true)).Version).toBe(2);
    const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name: '/app/one' }));
    expect(parameter).toMatchObject({
      Name: '/app/one',
      Value: 'second',
      Type: 'String',
      Version: 2,
      ARN: 'arn:aws:ssm:us-east-1:123456789012:parameter/app/one',
    });
    await client.send(new DeleteParameterCommand({ Name: '/app/one' }));
    await expect(client.send(new GetParameterCommand({ Name: '/app/one' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
  });

  it('hold 4 KB in the standard tier and no more (parameter-store-advanced-parameters)', async () => {
    await put('/app/full', 'x'.repeat(4096));
    await expect(put('/app/over', 'x'.repeat(4097))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Standard tier parameters support a maximum parameter value of 4096 characters.',
    });
  });

  it('by path come ten at a time, one level unless recursive (API_GetParametersByPath)', async () => {
    for (let index = 10; index < 33; index += 1) world.service<Ssm>('ssm').put(`/many/${index}`, String(index));
    await put('/many/deep/er', 'deep');
    await put('/manyother', 'no');
    const page = (Recursive: boolean, NextToken?: string) =>
      client.send(
        new GetParametersByPathCommand({ Path: '/many', Recursive, ...(NextToken !== undefined && { NextToken }) }),
      );
    const sizes: number[] = [];
    let token: string | undefined;
    do {
      const { Parameters: found = [], NextToken: next } = await page(true, token);
      sizes.push(found.length);
      token = next;
    } while (token !== undefined);
    expect(sizes).toEqual([10, 10, 4]);
    expect((await page(false)).Parameters?.map(({ Name }) => Name)).not.toContain('/many/deep/er');
    await expect(client.send(new GetParametersByPathCommand({ Path: '/many', MaxResults: 11 }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('that are missing are listed apart by GetParameters (API_GetParameters)', async () => {
    await put('/app/one', 'first');
    const answer = await client.send(new GetParametersCommand({ Names: ['/app/one', '/app/two'] }));
    expect(answer.Parameters?.map(({ Name }) => Name)).toEqual(['/app/one']);
    expect(answer.InvalidParameters).toEqual(['/app/two']);
  });

  it('are read by a role only where its policy says so (sysman-paramstore-access)', async () => {
    await put('/app/one', 'first');
    await put('/other/two', 'second');
    const { credentials } = await roleSession(world, 'reader', {
      Action: ['ssm:GetParameter', 'ssm:GetParametersByPath'],
      Resource: 'arn:aws:ssm:us-east-1:123456789012:parameter/app/*',
    });
    const reader = new SSMClient(clientConfig(world, credentials));
    await reader.send(new GetParameterCommand({ Name: '/app/one' }));
    await reader.send(new GetParametersByPathCommand({ Path: '/app/' }));
    for (const command of [
      new GetParameterCommand({ Name: '/other/two' }),
      new GetParametersByPathCommand({ Path: '/other/' }),
    ]) {
      await expect(reader.send(command as GetParameterCommand)).rejects.toMatchObject({
        name: 'AccessDeniedException',
      });
    }
  });
});
