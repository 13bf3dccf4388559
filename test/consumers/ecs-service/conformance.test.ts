import { describeConsumer } from '../../support/describe-consumer.ts';
import { startHarness } from './simulated-ecs.ts';

describeConsumer('ecs-service, on the simulated ECS', startHarness);
