import { Logger } from '@aws-lambda-powertools/logger';

/** One JSON line per event. Only ids, codes and durations go in. */
export const logger = new Logger({ serviceName: 'keyturn' });
