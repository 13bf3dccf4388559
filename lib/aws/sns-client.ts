import { SNSClient } from '@aws-sdk/client-sns';
import { clientOptions } from './connection.ts';

export const snsClient = (): SNSClient => new SNSClient(clientOptions);
