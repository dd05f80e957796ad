import { fileURLToPath } from 'node:url';
import { crm } from './crm/entities.ts';
import { erp } from './erp/entities.ts';
import { systemSdl } from './system/sdl.ts';

/** One committed file that is derived from declarations. */
export interface GeneratedFile {
  /** Absolute path. */
  readonly path: string;
  readonly text: string;
}

/** The SDL files of the built-in systems as the declarations make them now; `npm run docs` writes or checks them. */
export function generatedSdl(): readonly GeneratedFile[] {
  return [
    { path: beside('./crm/schema.graphql'), text: systemSdl(crm) },
    { path: beside('./erp/schema.graphql'), text: systemSdl(erp) },
  ];
}

function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
