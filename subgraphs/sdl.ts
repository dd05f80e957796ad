import { fileURLToPath } from 'node:url';
import { mappings } from '../sync/mappings/index.ts';
import { crm } from './crm/entities.ts';
import { erp } from './erp/entities.ts';
import { syncSdl } from './sync/sdl.ts';
import { unify } from './sync/unified.ts';
import { systemSdl } from './system/sdl.ts';

/** One committed file that is derived from declarations. */
export interface GeneratedFile {
  /** Absolute path. */
  readonly path: string;
  readonly text: string;
}

/** The SDL files of all subgraphs as declarations and mappings make them now; `npm run docs` writes or checks them. */
export function generatedSdl(): readonly GeneratedFile[] {
  return [
    { path: beside('./crm/schema.graphql'), text: systemSdl(crm) },
    { path: beside('./erp/schema.graphql'), text: systemSdl(erp) },
    { path: beside('./sync/schema.graphql'), text: syncSdl(unify(mappings)) },
  ];
}

function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
