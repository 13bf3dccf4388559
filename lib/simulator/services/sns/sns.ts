import { randomUUID } from 'node:crypto';
import { AwsError, type Need, type Operation, type Service, type World } from '../../types.ts';

export interface Message {
  atMs: number;
  topicArn: string;
  messageId: string;
  subject: string | undefined;
  message: string;
  attributes: Record<string, { DataType?: string; StringValue?: string }>;
}

export interface Subscription {
  arn: string;
  topicArn: string;
  protocol: string;
  endpoint: string;
}

interface Topic {
  arn: string;
  policy: unknown;
}

interface PublishInput {
  TopicArn?: string;
  TargetArn?: string;
  Message?: string;
  Subject?: string;
  MessageAttributes?: Message['attributes'];
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: "Messages must be UTF-8 … at most 262,144 bytes". */
const MAX_MESSAGE_BYTES = 262_144;

/** SNS: topics that keep their messages for whoever looks; nothing is delivered. https://docs.aws.amazon.com/sns/latest/api/ */
export class Sns implements Service {
  readonly name = 'sns';
  readonly wire = { protocol: 'query', namespace: 'http://sns.amazonaws.com/doc/2010-03-31/' } as const;
  readonly operations: Service['operations'];
  /** Everything ever published, oldest first. */
  readonly messages: Message[] = [];
  readonly subscriptions: Subscription[] = [];
  private readonly world: World;
  private readonly topics = new Map<string, Topic>();

  constructor(world: World) {
    this.world = world;
    this.operations = {
      CreateTopic: this.createTopicOperation(),
      Publish: this.publish(),
      Subscribe: this.subscribe(),
      ListTopics: this.listTopics(),
    };
  }

  /** Idempotent. @returns the ARN. */
  createTopic(name: string, policy?: unknown): string {
    const arn = this.arnFor(name);
    const known = this.topics.get(arn);
    if (!known) this.topics.set(arn, { arn, policy });
    else if (policy !== undefined) known.policy = policy;
    return arn;
  }

  /** @throws AwsError NotFound */
  setTopicPolicy(topicArn: string, policy: unknown): void {
    this.topic(topicArn).policy = policy;
  }

  private arnFor(name: string): string {
    return `arn:aws:sns:${this.world.region}:${this.world.accountId}:${name}`;
  }

  private topic(arn: string): Topic {
    const topic = this.topics.get(arn);
    if (!topic) throw new AwsError('NotFound', 'Topic does not exist', 404);
    return topic;
  }

  private need(action: string, resource: string): Need {
    const policy = this.topics.get(resource)?.policy;
    return { action: `sns:${action}`, resource, ...(policy !== undefined && { resourcePolicy: policy }) };
  }

  private createTopicOperation(): Operation<{ Name: string }> {
    return {
      needs: ({ Name: name }) => [this.need('CreateTopic', this.arnFor(name))],
      run: ({ Name: name }) => ({ TopicArn: this.createTopic(name) }),
    };
  }

  private publish(): Operation<PublishInput> {
    const target = ({ TopicArn: topic, TargetArn: other }: PublishInput) => topic ?? other ?? '';
    return {
      needs: (input) => [this.need('Publish', target(input))],
      run: (input, { nowMs }) => {
        const { arn: topicArn } = this.topic(target(input));
        const { Message: message = '', Subject: subject, MessageAttributes: attributes = {} } = input;
        if (message === '') throw invalid('Empty message');
        if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
        if (subject !== undefined && (subject.length > 100 || /[\r\n]/.test(subject))) throw invalid('Subject');
        const messageId = randomUUID();
        this.messages.push({ atMs: nowMs, topicArn, messageId, subject, message, attributes });
        return { MessageId: messageId };
      },
    };
  }

  private subscribe(): Operation<{ TopicArn: string; Protocol: string; Endpoint?: string }> {
    return {
      needs: ({ TopicArn: arn }) => [this.need('Subscribe', arn)],
      run: ({ TopicArn: topicArn, Protocol: protocol, Endpoint: endpoint = '' }) => {
        const arn = `${this.topic(topicArn).arn}:${randomUUID()}`;
        this.subscriptions.push({ arn, topicArn, protocol, endpoint });
        // Only what confirms itself has an ARN at once.
        return { SubscriptionArn: protocol === 'lambda' || protocol === 'sqs' ? arn : 'pending confirmation' };
      },
    };
  }

  private listTopics(): Operation {
    return {
      needs: () => [this.need('ListTopics', '*')],
      run: () => ({ Topics: [...this.topics.keys()].map((TopicArn) => ({ TopicArn })) }),
    };
  }
}

function invalid(what: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
}
