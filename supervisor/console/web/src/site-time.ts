/** Times of the site, never of the browser. China has one zone and no daylight saving. */

export const SITE_ZONE = "Asia/Shanghai";
export const SITE_OFFSET_MS = 8 * 3600_000;

const HMS = new Intl.DateTimeFormat("en-GB", { timeZone: SITE_ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const HM = new Intl.DateTimeFormat("en-GB", { timeZone: SITE_ZONE, hour: "2-digit", minute: "2-digit" });

export function hms(at: number): string {
  return HMS.format(at);
}

/** Minutes are enough for a tick on a full minute. */
export function tickLabel(at: number): string {
  return at % 60_000 === 0 ? HM.format(at) : HMS.format(at);
}
