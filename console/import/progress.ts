import { bar } from '../terminal.ts';

/** Shows how far an import is. */
export interface Progress {
  /** `name` of the file; `done` and `size` in bytes of it. */
  tick(name: string, rows: number, done: number, size: number): void;
  /** A line that stays. */
  say(line: string): void;
}

/** What progress is shown on. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Rows between two lines where no bar can be drawn. */
const rowsPerLine = 10_000;

/** Milliseconds between two drawings of the bar: what an eye can follow. */
const drawEvery = 80;

/** A bar on a terminal, lines elsewhere. */
export function showProgress(terminal: Terminal): Progress {
  let drawnAt = 0;
  let said = 0;
  let drawn = false;
  const clear = () => {
    if (drawn) terminal.write('\r\x1b[K');
    drawn = false;
  };
  return {
    tick(name, rows, done, size) {
      const part = size === 0 ? 1 : Math.min(1, done / size);
      if (!terminal.isTTY) {
        if (rows < said) said = 0;
        if (rows - said < rowsPerLine) return;
        said = rows;
        terminal.write(`${name}: ${rows} rows, ${Math.floor(part * 100)} %\n`);
        return;
      }
      if (performance.now() - drawnAt < drawEvery) return;
      drawnAt = performance.now();
      terminal.write(
        `\r\x1b[K${`${name} ${bar(part)} ${Math.floor(part * 100)} %, ${rows} rows`.slice(0, (terminal.columns ?? 80) - 1)}`,
      );
      drawn = true;
    },
    say(line) {
      clear();
      terminal.write(`${line}\n`);
    },
  };
}
