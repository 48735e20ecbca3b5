/** Figures and states as words. Pure functions; the saved HTML says the same in the same words. */
import { isFinal, type State, type Stats } from "./types";

/** The state as the status line says it. */
export function stateWords(state: State, { complete }: Stats): string {
  return state === "done" && complete === false ? "done · cut short" : state;
}

/** What providers say while they load a model into memory. */
export const LOADING = /^loading /;

/** The figures of the status line, each a phrase of its own; `loading` is what a pending run waits for, if not for a token. */
export function figures(state: State, stats: Stats, loading = ""): string[] {
  const time = stats.duration === null ? "" : seconds(stats.duration);
  const progress = state === "pending" ? [loading || waiting(stats)] : pace(stats);
  return [time, ...progress, attempts(state, stats)].filter((phrase) => phrase !== "");
}

function waiting({ streamed }: Stats): string {
  return streamed ? "waiting for the first token" : "waiting for the answer";
}

/** How fast the answer comes, and how much of it there is; one in one piece has no pace. */
function pace({ streamed, ttft, tokens, tokens_per_second: rate }: Stats): string[] {
  const counted = tokens ? count(tokens) : "";
  if (!streamed) return [ttft === null ? "" : "came at once", counted];
  return [
    ttft === null ? "" : `first token ${latency(ttft)}`,
    rate === null ? "" : `${perSecond(rate)} tokens/s`,
    counted,
  ];
}

/** Nothing of one attempt, which is what everybody expects. */
function attempts(state: State, { attempts: made }: Stats): string {
  if (made === 1) return "";
  return isFinal(state) ? `${made} attempts` : `attempt ${made}`;
}

/** "1.2 s", "2 min 05 s" */
export function seconds(duration: number): string {
  if (duration < 59.95) return `${duration.toFixed(1)} s`;
  const whole = Math.round(duration);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** "240 ms", "1.3 s": a first token is a matter of milliseconds, until it is not. */
export function latency(duration: number): string {
  const milliseconds = Math.round(duration * 1000);
  return milliseconds < 1000 ? `${milliseconds} ms` : seconds(duration);
}

/** "41", "4.1" */
export function perSecond(rate: number): string {
  return rate < 9.95 ? rate.toFixed(1) : grouped(Math.round(rate));
}

/** "1 token", "12,345 tokens" */
export function count(tokens: number): string {
  return `${grouped(tokens)} ${tokens === 1 ? "token" : "tokens"}`;
}

/** What a screen reader says when the state changes; only beginnings, and ends with all that is said of them, are worth it. */
export function announcement(state: State, stats: Stats, error: string, notices: string[]): string {
  if (state === "pending") return "";
  if (state === "streaming") return "Model output started.";
  const ending = stateWords(state, stats).replace(" · ", ", ");
  return [`Model output ${ending}${error ? `: ${error}` : "."}`, ...notices].join(" ");
}

/** "Further reading:", as a field is labelled wherever the whole answer is one text. */
export function label(field: string): string {
  const words = field.replaceAll("_", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}:`;
}

function grouped(whole: number): string {
  return whole.toLocaleString("en-US");
}
