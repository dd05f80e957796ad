// What a hand and an eye do within the page. It is put into each page before the page's own scripts: see page.ts.
globalThis.hands = {
  patienceMs: 0,

  /** The place of what bears these words, in sight and not covered. */
  find(words, within) {
    const pressable = 'button, a, summary, label, input[type=checkbox], input[type=radio]';
    return hands.until(`Nothing that can be pressed says "${words}"`, () => {
      const all = [...(hands.scope(within)?.querySelectorAll(pressable) ?? [])].filter(
        (each) => !each.disabled && each.checkVisibility(),
      );
      const says = (each, fits) => fits(hands.textOf(each)) || fits(each.ariaLabel ?? '');
      const found =
        all.find((each) => says(each, (text) => text === words)) ??
        all.find((each) => says(each, (text) => text.startsWith(words)));
      if (!found) return null;
      found.scrollIntoView({ block: 'center', behavior: 'instant' });
      const { left, top, width, height } = found.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      const hit = document.elementFromPoint(x, y);
      return hit && (found.contains(hit) || hit.contains(found)) ? { x, y } : null;
    });
  },

  /** Chooses in a list, once it offers the value, or fills a field that nobody types into letter by letter. */
  choose(selector, value) {
    return hands.until(`There is no ${selector} that takes ${value}`, () => {
      const field = hands.scope(null)?.querySelector(selector);
      if (!field || (field.options && ![...field.options].some((option) => option.value === value)))
        return null;
      // As the browser itself sets it: React listens behind the element's own property.
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, value);
      field.dispatchEvent(new Event(field.options ? 'change' : 'input', { bubbles: true }));
      return true;
    });
  },

  reads(source, flags, within) {
    return hands.until(`"${source}" cannot be read`, () => {
      const text = hands.textOf(hands.scope(within));
      return new RegExp(source, flags).test(text) ? text : null;
    });
  },

  readsNoMore(words) {
    return hands.until(`"${words}" can still be read`, () =>
      hands.textOf(hands.scope(null)).includes(words) ? null : true,
    );
  },

  focus() {
    const on = document.activeElement;
    return on?.ariaLabel ?? hands.textOf(on);
  },

  overflow() {
    const out = [];
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) out.push(`the page is ${wide} wide`);
    const scrolls = (element) =>
      element !== null &&
      (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
    for (const element of document.querySelectorAll('body *')) {
      const { width, right } = element.getBoundingClientRect();
      if (width > 0 && right > innerWidth + 1 && !scrolls(element.parentElement))
        out.push(
          `${element.tagName} ${element.className} ends at ${right}: ${hands.textOf(element).slice(0, 60)}`,
        );
      if (element.tagName === 'DIALOG' && element.scrollWidth > element.clientWidth + 1)
        out.push(`the window is ${element.scrollWidth} wide in ${element.clientWidth}`);
    }
    return out;
  },

  /** The open window, or the page. */
  scope(within) {
    if (within !== null) return document.querySelector(within);
    return [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  },

  textOf(element) {
    return (element?.innerText ?? '').replaceAll(/\s+/g, ' ').trim();
  },

  /** Looks again whenever the page changes. */
  until(missing, look) {
    return new Promise((done, failed) => {
      const again = () => {
        const found = look();
        if (found === null) return;
        observer.disconnect();
        clearTimeout(timer);
        done(found);
      };
      const observer = new MutationObserver(again);
      const timer = setTimeout(() => {
        observer.disconnect();
        failed(new Error(`${missing}. What is there: ${hands.textOf(hands.scope(null)).slice(0, 2000)}`));
      }, hands.patienceMs);
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      again();
    });
  },
};
