import { useState } from 'react';
import { PlanDialog } from './plan.jsx';
import { clock } from './words.js';

/** Takes an event back, after showing what that would write; nothing where the event cannot be taken back. */
export function TakeBack({ event, onDone }) {
  const [previewing, setPreviewing] = useState(false);
  if (!canBeTakenBack(event)) return null;
  return (
    <>
      <button type="button" className="quiet" onClick={() => setPreviewing(true)}>
        Revert…
      </button>
      {previewing && (
        <PlanDialog
          title={`Take back what happened at ${clock(event.at)}`}
          operation="Revert"
          variables={{ eventId: event.id }}
          onClose={() => setPreviewing(false)}
          onDone={onDone}
        />
      )}
    </>
  );
}

/** What a creation made is taken back by unlinking; what was erased, by nothing. */
function canBeTakenBack({ outcome, fields, detail }) {
  if (outcome === 'CREATED' || outcome === 'ERASED' || detail?.endedBy === 'erased') return false;
  return fields.length > 0 || outcome === 'LINKED' || outcome === 'UNLINKED';
}
