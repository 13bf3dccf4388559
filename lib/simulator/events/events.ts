import { randomUUID } from 'node:crypto';
import { AwsError, type BusEvent, type Operation, type Service } from '../types.ts';
import { type SimulatedWorld, servicePrincipal } from '../world.ts';
import { checkPattern, matches, type Pattern } from './pattern.ts';

export interface Target {
  id: string;
  /** A function, a topic, or a state machine. */
  arn: string;
  /** Whom EventBridge becomes to start a state machine. */
  roleArn?: string;
  /** JSON that is delivered instead of the event. */
  input?: string;
  deadLetterArn?: string;
}

export interface Rule {
  name: string;
  arn: string;
  pattern: Pattern;
  enabled: boolean;
  targets: readonly Target[];
}

/** An event that a target did not take; with a dead-letter queue it would be there. */
export interface Undelivered {
  ruleArn: string;
  targetArn: string;
  deadLetterArn: string | undefined;
  errorCode: string;
  message: string;
  event: Record<string, unknown>;
}

/** EventBridge's default bus. https://docs.aws.amazon.com/eventbridge/latest/APIReference/ */
export class Events implements Service {
  readonly name = 'events';
  readonly operations: Record<string, Operation>;
  readonly undelivered: Undelivered[] = [];
  private readonly world: SimulatedWorld;
  private readonly rules = new Map<string, Rule>();
  private readonly deliveries = new Set<Promise<void>>();

  constructor(world: SimulatedWorld) {
    this.world = world;
    this.operations = {
      ListRules: {
        needs: () => [{ action: 'events:ListRules', resource: `${this.arnOf('*')}` }],
        run: () => ({ Rules: [...this.rules.values()].map(describe) }),
      },
      ListTargetsByRule: {
        needs: ({ Rule: name }) => [{ action: 'events:ListTargetsByRule', resource: this.arnOf(String(name)) }],
        run: ({ Rule: name }) => ({ Targets: this.rule(String(name)).targets.map(describeTarget) }),
      },
    };
    world.onEvent((event) => this.deliver(event));
    world.onClose(async () => {
      await Promise.all(this.deliveries);
    });
  }

  /** PutRule and PutTargets. @returns the rule's ARN. @throws AwsError InvalidEventPatternException */
  putRule({ name, pattern, enabled, targets }: Omit<Rule, 'arn'>): string {
    checkPattern(pattern);
    const arn = this.arnOf(name);
    this.rules.set(name, { name, arn, pattern, enabled, targets });
    return arn;
  }

  private deliver(event: BusEvent): void {
    const envelope = {
      version: '0',
      id: randomUUID(),
      'detail-type': event['detail-type'],
      source: event.source,
      account: this.world.accountId,
      // "2026-11-20T10:00:00Z": no parts of a second.
      time: new Date(this.world.nowMs()).toISOString().replace(/\.\d+/, ''),
      region: this.world.region,
      resources: event.resources,
      detail: event.detail,
    };
    for (const rule of this.rules.values()) {
      if (!rule.enabled || !matches(rule.pattern, envelope)) continue;
      for (const target of rule.targets) this.track(this.send(rule, target, envelope));
    }
  }

  private async send(rule: Rule, target: Target, event: Record<string, unknown>): Promise<void> {
    const text = target.input ?? JSON.stringify(event);
    try {
      await this.hand(rule, target, text);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code: errorCode, message } = error;
      const { arn: targetArn, deadLetterArn } = target;
      this.undelivered.push({ ruleArn: rule.arn, targetArn, deadLetterArn, errorCode, message, event });
    }
  }

  /** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html */
  private async hand(rule: Rule, { arn, roleArn }: Target, text: string): Promise<unknown> {
    const [, , service] = arn.split(':');
    const events = servicePrincipal(this.world, 'events.amazonaws.com', rule.arn);
    if (service === 'lambda') {
      const input = { FunctionName: arn, InvocationType: 'Event', Payload: text };
      return this.world.perform(events, 'lambda', 'Invoke', input);
    }
    if (service === 'sns') return this.world.perform(events, 'sns', 'Publish', { TopicArn: arn, Message: text });
    if (service === 'states' && roleArn !== undefined) {
      const { principal } = await this.world.assume(roleArn, rule.name.slice(0, 64), 'events.amazonaws.com', rule.arn);
      return this.world.perform(principal, 'states', 'StartExecution', { stateMachineArn: arn, input: text });
    }
    throw new AwsError('InvalidTarget', `Events cannot be delivered to ${arn}`);
  }

  private track(delivery: Promise<void>): void {
    const tracked = delivery
      // A defect of the simulator: nobody waits for a delivery, so it must not pass unseen.
      .catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)))
      .finally(() => this.deliveries.delete(tracked));
    this.deliveries.add(tracked);
  }

  private rule(name: string): Rule {
    const found = this.rules.get(name);
    if (found === undefined)
      throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return found;
  }

  private arnOf(name: string): string {
    return `arn:aws:events:${this.world.region}:${this.world.accountId}:rule/${name}`;
  }
}

function describe({ name, arn, pattern, enabled }: Rule) {
  const State = enabled ? 'ENABLED' : 'DISABLED';
  return { Name: name, Arn: arn, EventPattern: JSON.stringify(pattern), State, EventBusName: 'default' };
}

function describeTarget({ id, arn, roleArn, input, deadLetterArn }: Target) {
  return {
    Id: id,
    Arn: arn,
    RoleArn: roleArn,
    Input: input,
    ...(deadLetterArn !== undefined && { DeadLetterConfig: { Arn: deadLetterArn } }),
  };
}

export function registerEvents(world: SimulatedWorld): Events {
  const events = new Events(world);
  world.register(events);
  return events;
}
