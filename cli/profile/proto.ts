/**
 * Services of Protocol Buffers: each method is a route, as gRPC calls it. Only what stands in the
 * file itself is read: messages that it imports say nothing about routes.
 */
import { Namespace, parse, type ReflectionObject, Service } from "protobufjs";
import { ProgramError } from "../../base/program.ts";
import type { DescribedApi, DescribedRoute } from "./described-api.ts";
import { isIdempotent } from "./proto-options.ts";

interface ProtoMethod {
  /** `shop.Books` */
  readonly service: string;
  readonly name: string;
  readonly isRetryable: boolean | undefined;
}

/** Throws `ProgramError` with the line where it is no such file. */
export function readProto(file: string, text: string): DescribedApi {
  let methods: readonly ProtoMethod[];
  try {
    // Names as they are written: they stand in paths.
    const { root } = parse(text, { keepCase: true });
    methods = methodsIn(root);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const line = /\(line (\d+)\)|, line (\d+)/.exec(said);
    const what = said.replace(/ ?\((?:[^()]*, )?line \d+\)/, "");
    const place = line === null ? file : `${file}:${line[1] ?? line[2]}:1`;
    throw new ProgramError(`${place}: is no .proto file: ${what}`, undefined, error);
  }
  return { routes: methods.map((method) => toRoute(method, methods)), problems: [] };
}

function methodsIn(node: ReflectionObject): readonly ProtoMethod[] {
  if (node instanceof Service) {
    const service = node.fullName.replace(/^\./, "");
    return node.methodsArray.map((method) => ({
      service,
      name: method.name,
      isRetryable: isIdempotent(method) ? true : undefined,
    }));
  }
  if (!(node instanceof Namespace)) return [];
  return node.nestedArray.flatMap((inner) => methodsIn(inner));
}

/** By the method's name where that says enough, and by its service where it does not. */
function toRoute(
  { service, name, isRetryable }: ProtoMethod,
  all: readonly ProtoMethod[],
): DescribedRoute {
  const isShared = all.some((one) => one.name === name && one.service !== service);
  return {
    name: isShared ? `${service}/${name}` : name,
    method: "POST",
    path: [{ text: `/${service}/${name}` }],
    isRetryable,
    timeout: "",
    statuses: [],
  };
}
