// Time left as m:ss or h:mm:ss in the digits of the page. A module of its own: scripts that run must be loaded once.
const root = document.documentElement;
const digits = new Intl.NumberFormat(root.dataset.locale, { minimumIntegerDigits: 2, useGrouping: false });
const plain = new Intl.NumberFormat(root.dataset.locale, { useGrouping: false });
export function clockText(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60), rest = digits.format(whole % 60);
  return hours ? `${plain.format(hours)}:${digits.format(minutes)}:${rest}` : `${plain.format(minutes)}:${rest}`;
}
