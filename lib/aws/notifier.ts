import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { namedError } from './named-error.ts';

/** Publishes a message to the operators' topic. SNS takes subjects of at most 100 characters. */
export function notifier(
  client: SNSClient,
  TopicArn: string,
  abortSignal: AbortSignal,
): (subject: string, message: object) => Promise<void> {
  return async (subject, message) => {
    try {
      await client.send(
        new PublishCommand({ TopicArn, Subject: subject.slice(0, 100), Message: JSON.stringify(message, null, 2) }),
        { abortSignal },
      );
    } catch (error) {
      throw namedError(error, `Publish to ${TopicArn}`);
    }
  };
}
