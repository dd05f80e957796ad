import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Chromium, type Reply, startChromium } from './chromium.ts';

/** A page as a person has it: what is seen by its words, clicks and keys. */
export interface Page {
  /** Opens a page of the console, such as `inbox/conflicts`. */
  show(path: string): Promise<void>;
  /** Presses what bears these words, in the open window where there is one; it has to be in sight and not covered. */
  click(words: string, within?: string): Promise<void>;
  /** Chooses in a list, or fills a field for a date or a time. */
  choose(selector: string, value: string): Promise<void>;
  /** Types where the focus is. */
  type(text: string): Promise<void>;
  /** Types in place of what stands where the focus is. */
  retype(text: string): Promise<void>;
  press(key: 'Enter' | 'Escape' | 'Tab' | 'Space'): Promise<void>;
  /** Waits until these words can be read, in the open window where there is one; answers all that can be read there. */
  reads(words: string | RegExp, within?: string): Promise<string>;
  /** Waits until these words can be read no more. */
  readsNoMore(words: string): Promise<void>;
  /** What the focus is on, in its words or by its label. */
  focus(): Promise<string>;
  /** Everything that is wider than the window or hangs out of it, at a width in pixels. */
  overflowAt(width: number): Promise<readonly string[]>;
  /** Errors that the page has thrown or told of since it was opened. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** How long something may take to be seen, in milliseconds. */
const patienceMs = 30_000;
const height = 900;

const keys = {
  Enter: { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  Escape: { code: 'Escape', windowsVirtualKeyCode: 27 },
  Tab: { code: 'Tab', windowsVirtualKeyCode: 9 },
  Space: { code: 'Space', windowsVirtualKeyCode: 32, text: ' ' },
} as const;

/** Opens a browser with one page on the console of a gateway. */
export async function openPage(url: string): Promise<Page> {
  const browser = await startChromium();
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method: string, parameters?: object) => browser.send(method, parameters, sessionId);
  const errors = listenForErrors(browser, sessionId);
  for (const domain of ['Page', 'Runtime', 'Log']) await send(`${domain}.enable`);
  const resize = (width: number) =>
    send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  const hands = readFileSync(join(import.meta.dirname, 'hands.js'), 'utf8');
  await send('Page.addScriptToEvaluateOnNewDocument', {
    source: `${hands}\nhands.patienceMs = ${patienceMs};`,
  });
  await resize(1280);

  async function evaluate(expression: string): Promise<Reply> {
    const { result, exceptionDetails } = await send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  const call = (name: string, ...args: readonly unknown[]) =>
    evaluate(`hands.${name}(${args.map((arg) => JSON.stringify(arg ?? null)).join(', ')})`);

  return {
    errors,
    show: async (path) => {
      await send('Page.navigate', { url: 'about:blank' });
      await send('Page.navigate', { url: `${url}/console#/${path}` });
      await evaluate(
        'document.readyState === "complete" || new Promise((done) => addEventListener("load", done))',
      );
    },
    click: async (words, within) => {
      const at = await call('find', words, within);
      for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased'])
        await send('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 });
    },
    choose: async (selector, value) => void (await call('choose', selector, value)),
    type: async (text) => void (await send('Input.insertText', { text })),
    retype: async (text) => {
      await evaluate('document.activeElement.select()');
      await send('Input.insertText', { text });
    },
    press: async (key) => {
      const event = { key: key === 'Space' ? ' ' : key, ...keys[key] };
      await send('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    },
    reads: (words, within) =>
      words instanceof RegExp
        ? call('reads', words.source, words.flags, within)
        : call('reads', words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'), '', within),
    readsNoMore: async (words) => void (await call('readsNoMore', words)),
    focus: () => call('focus'),
    overflowAt: async (width) => {
      await resize(width);
      const found = await call('overflow');
      await resize(1280);
      return found;
    },
    close: () => browser.close(),
  };
}

function listenForErrors({ onEvent }: Chromium, own: string): readonly string[] {
  const errors: string[] = [];
  onEvent((method, { exceptionDetails, entry }, session) => {
    if (session !== own) return;
    if (method === 'Runtime.exceptionThrown')
      errors.push(exceptionDetails.exception?.description ?? exceptionDetails.text);
    if (method === 'Log.entryAdded' && entry.level === 'error')
      errors.push(`${entry.text} ${entry.url ?? ''}`);
  });
  return errors;
}
