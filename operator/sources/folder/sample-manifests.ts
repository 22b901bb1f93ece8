/** A tiny language of manifests for tests: `NAME PORT` is a Service, `!!` is a syntax error. */
import type { Problem } from "../../../mesh/problem.ts";
import { service } from "../../index/sample-objects.ts";
import type { ObjectId } from "../object-source.ts";
import type { ManifestReading, ReadObject } from "./manifest-reading.ts";

export function serviceId(name: string): ObjectId {
  return `/Service/shop/${name}`;
}

export function readLines(text: string, file: string): ManifestReading {
  if (text.startsWith("{")) return readJson(text, file);
  const objects: ReadObject[] = [];
  const problems: Problem[] = [];
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const [name = "", port = ""] = line.split(" ");
    if (name === "!!") problems.push(problem("syntax", file, index + 1));
    else objects.push(readService(name, port, file, index + 1));
  });
  return { objects, problems, broken: problems.length > 0 };
}

function readJson(text: string, file: string): ManifestReading {
  const { name, port } = JSON.parse(text) as { name: string; port: string };
  return { objects: [readService(name, port, file, 1)], problems: [], broken: false };
}

function readService(name: string, port: string, file: string, line: number): ReadObject {
  const place = { file, line };
  const object = service(name, [Number(port)], place);
  const valid = /^\d+$/.test(port);
  return {
    object: valid ? object : null,
    identity: { group: "", kind: "Service", namespace: "shop", name },
    apiVersion: "v1",
    location: object.location,
    raw: { name, port },
    problems: valid ? [] : [problem("bad-port", file, line)],
  };
}

function problem(code: string, file: string, line: number): Problem {
  const about = { object: "", field: "", message: code, hint: "" };
  return { severity: "error", code, file, line, column: 1, ...about };
}
