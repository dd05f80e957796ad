import { beforeAll, describe } from 'vitest';
import { groundOf, type Wishes } from './ground.ts';
import type { Subject } from './subject.ts';
import { describeChanges } from './suite-changes.ts';
import { describeFilters } from './suite-filters.ts';
import { describeInput } from './suite-input.ts';
import { describeLines } from './suite-lines.ts';
import { describeNarrow } from './suite-narrow.ts';
import { describePages } from './suite-pages.ts';
import { describeRecords } from './suite-records.ts';
import { describeRights } from './suite-rights.ts';
import { describeStatements } from './suite-statements.ts';

/** What holds for both subgraphs, over real records of each. */
export function describeSubgraph(side: 'crm' | 'erp', subject: Subject, wishes: Wishes): void {
  const ground = groundOf(side, subject, wishes);
  describe(`the ${side} subgraph`, () => {
    beforeAll(ground.fill);
    describeRecords(ground);
    describeLines(ground);
    describeFilters(ground);
    describePages(ground);
    describeStatements(ground);
    describeNarrow(ground);
    describeInput(ground);
    describeRights(ground);
    // Last, because it makes the feed forget.
    describeChanges(ground);
  });
}
