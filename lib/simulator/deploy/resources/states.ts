import { readFileSync } from 'node:fs';
import type { States } from '../../states/states.ts';
import { generatedName, type Make, type Properties, refuse, type Surroundings } from '../resource.ts';

const makeStateMachine: Make = (properties, around) => {
  const { StateMachineType: type = 'STANDARD', RoleArn: roleArn, StateMachineName } = properties;
  if (type !== 'STANDARD') throw new Error(`state machines of the type ${type} are not simulated`);
  refuse(properties, 'EncryptionConfiguration');
  const record = around.world.service<States>('states').create({
    name: StateMachineName ?? generatedName(around, 80),
    roleArn,
    definition: definitionOf(properties, around),
  });
  return { ref: record.arn, attributes: { Arn: record.arn, Name: record.name, StateMachineRevisionId: 'INITIAL' } };
};

function definitionOf(properties: Properties, around: Surroundings): string {
  const { Definition, DefinitionString, DefinitionS3Location, DefinitionSubstitutions = {} } = properties;
  const text =
    DefinitionS3Location === undefined
      ? (DefinitionString ?? JSON.stringify(Definition))
      : readFileSync(around.asset(DefinitionS3Location.Key), 'utf8');
  return Object.entries(DefinitionSubstitutions).reduce(
    (definition, [name, value]) => definition.replaceAll(`\${${name}}`, String(value)),
    String(text),
  );
}

export const statesResources: Readonly<Record<string, Make>> = {
  'AWS::StepFunctions::StateMachine': makeStateMachine,
};
