import type { Wire } from '../types.ts';

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html */
export const schedulerWire: Wire = {
  protocol: 'rest-json',
  routes: [
    {
      operation: 'ListSchedules',
      method: 'GET',
      path: '/schedules',
      query: {
        ScheduleGroup: 'GroupName',
        NamePrefix: 'NamePrefix',
        State: 'State',
        MaxResults: 'MaxResults',
        NextToken: 'NextToken',
      },
    },
    { operation: 'GetSchedule', method: 'GET', path: '/schedules/{Name}', query: { groupName: 'GroupName' } },
    { operation: 'CreateSchedule', method: 'POST', path: '/schedules/{Name}' },
    { operation: 'UpdateSchedule', method: 'PUT', path: '/schedules/{Name}' },
  ],
};
