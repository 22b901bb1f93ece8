/**
 * Asks one of the two running programs something, and says what to do when it does not answer:
 * which program to start, and which flag names another address.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import { EXIT, ProgramError } from "../../base/program.ts";
import { printable } from "../output/printable.ts";
import { Answer, AnswerError } from "./answer.ts";
import { type HttpAnswer, HttpError, type HttpGet } from "./http.ts";

/** Who is asked. */
export interface Peer {
  /** For messages: `the operator`. */
  readonly name: "the operator" | "the proxy";
  /** The flag that says where it is. */
  readonly flag: "--operator-admin" | "--admin" | "--admin or --pod";
  readonly address: Address;
  /** Where it is, when it is asked through a cluster: then neither flag nor address count. */
  readonly place?: string;
}

export interface AskContext {
  readonly get: HttpGet;
}

/** How much of an unexpected answer is shown. */
const EXCERPT_CHARACTERS_MAX = 200;

/** The JSON object that the peer answers with; fails with a `ProgramError` that says what to do. */
export async function ask<T>(
  context: AskContext,
  peer: Peer,
  path: string,
  read: (answer: Answer) => T,
): Promise<T> {
  const answer = await fetchAnswer(context, peer, path);
  if (answer.status === 404) throw strange(peer, path, "it answers 404");
  if (answer.status !== 200) throw refusal(peer, answer);
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch {
    throw strange(peer, path, "the answer is not JSON");
  }
  try {
    return read(new Answer(value));
  } catch (error) {
    if (error instanceof AnswerError) throw strange(peer, path, printable(error.message));
    throw error;
  }
}

/** The answer's text, for what is no JSON; fails as `ask` does. */
export async function askText(context: AskContext, peer: Peer, path: string): Promise<string> {
  const answer = await fetchAnswer(context, peer, path);
  if (answer.status === 404) throw strange(peer, path, "it answers 404");
  if (answer.status !== 200) throw refusal(peer, answer);
  return answer.text;
}

/** The raw answer, for what is not JSON; fails only when there is none. */
export async function fetchAnswer(
  context: AskContext,
  peer: Peer,
  path: string,
): Promise<HttpAnswer> {
  try {
    return await context.get(peer.address, path);
  } catch (error) {
    if (error instanceof HttpError) throw unreachable(peer, error);
    throw error;
  }
}

function unreachable(peer: Peer, error: HttpError): ProgramError {
  const where = placeOf(peer);
  if (peer.place !== undefined) {
    const text = `cannot reach ${where}: ${printable(error.message)}`;
    return new ProgramError(text, EXIT.unavailable, error);
  }
  const start = peer.name === "the operator" ? "heddle operator DIR" : "heddle proxy";
  const advice =
    error.failure === "refused"
      ? `start it with "heddle run DIR" or "${start}", or say where it is with ${peer.flag}`
      : `check the address given with ${peer.flag}`;
  return new ProgramError(
    `cannot reach ${where}: ${printable(error.message)}; ${advice}`,
    EXIT.unavailable,
    error,
  );
}

function refusal(peer: Peer, answer: HttpAnswer): ProgramError {
  const said = printable(answer.text.trim().slice(0, EXCERPT_CHARACTERS_MAX));
  const text = said === "" ? "" : `: ${said}`;
  return new ProgramError(
    `${placeOf(peer)} answers ${answer.status}${text}`,
    answer.status >= 500 ? EXIT.unavailable : EXIT.failed,
  );
}

function strange(peer: Peer, path: string, why: string): ProgramError {
  if (peer.place !== undefined) {
    const text = `${placeOf(peer)} is not of this version: ${why}`;
    return new ProgramError(text, EXIT.unavailable);
  }
  return new ProgramError(
    `what answers at ${formatAddress(peer.address)}${path.split("?")[0] ?? ""} is not ` +
      `${peer.name} of this version: ${why}; check the address given with ${peer.flag}`,
    EXIT.unavailable,
  );
}

function placeOf({ name, place, address }: Peer): string {
  return place === undefined ? `${name} at ${formatAddress(address)}` : `${name} ${place}`;
}
