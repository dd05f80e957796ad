import type { WriteFailure } from '../core/connector.ts';
import { other } from '../core/sides.ts';
import type { Held, Json, Side } from '../core/types.ts';
import type { Applied } from './applied.ts';
import { stamps } from './apply.ts';
import type { RecordWrite } from './draft.ts';
import { recordName } from './records.ts';
import type { StepContext } from './step-context.ts';
import type { Work } from './work.ts';

/**
 * A refusal that names one field of the record holds up that field alone: the step goes round without it. What other
 * writes of this round did is found by the next one, since they answer again as they did now. A value that a person typed
 * for both sides is not for one of them alone: its refusal is that of the decision.
 */
export function refusedField(
  context: StepContext,
  { choices }: Work,
  { write, failure }: Applied,
): { readonly link: string; readonly held: Held } | null {
  const why = failure && whyHeld(context, write, failure);
  if (!why) return null;
  for (const part of write.parts) {
    const rules = context.mappings[part.mapping].fields;
    const field = Object.keys(part.values).find((name) => rules[name]?.[write.side] === failure.field);
    if (!field) continue;
    const choice = choices[part.link]?.[field];
    if (choice && 'value' in choice) return null;
    const value = part.values[field]!;
    const message = why.kind === 'frozen' ? `${why.message} ${stays(write.side, field, value)}` : why.message;
    return { link: part.link, held: { field, side: write.side, value, ...why, message } };
  }
  return null;
}

/**
 * How a refusal holds up the field that it names. One by a value that another record has does so at once: whoever leaves
 * it meanwhile rings. A create that meets one has found its counterpart, or a person decides; and a stamp that is taken
 * names another link. A document's state is what the whole of it depends on: a refusal by it holds up the whole.
 */
function whyHeld(
  context: StepContext,
  { side, entity, action }: RecordWrite,
  { code, field, message, current }: WriteFailure,
): Pick<Held, 'kind' | 'message' | 'for'> | null {
  if (!field) return null;
  if (code === 'BAD_USER_INPUT') return { kind: 'unfit', message };
  if (code === 'STATE' && action === 'update' && !isDocument(context, side, entity))
    return { kind: 'frozen', message };
  if (code !== 'DUPLICATE' || action !== 'update' || stamps.has(field)) return null;
  const owner = current && { side, entity, id: current.id };
  const who = owner ? `It is ${recordName(owner)}: give` : 'Give';
  return {
    kind: 'taken',
    message: `${message} ${who} one of the two another ${field}.`,
    ...(owner && { for: owner }),
  };
}

/** Whether records of an entity have lines, in any flow. */
const isDocument = ({ mappings }: StepContext, side: Side, entity: string): boolean =>
  Object.values(mappings).some((mapping) => mapping[side] === entity && mapping.lines !== undefined);

/** What becomes of a value that the target changes no more, and the remedy. */
const stays = (target: Side, field: string, value: Json): string =>
  `The ${other(target).toUpperCase()}'s ${field} ${JSON.stringify(value)} stays there alone until it is put back or the ${target.toUpperCase()} takes it.`;
