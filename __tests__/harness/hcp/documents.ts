import type { Json } from "../synth";

/** A request of Terraform. */
export interface ApiRequest {
  /** The variable part of the path. No path has more than one. */
  id: string;
  /** The parameters behind the path. */
  query: URLSearchParams;
  /** The whole body. */
  body: Buffer;
  /** The resource in the body, if the body has one. */
  data: Json;
}

/** The body of an answer. An object is sent as JSON. */
export type Content = object | string | Buffer | undefined;

/** What the server does for a method and a path. */
export type Routes = Record<string, (request: ApiRequest) => Content>;

/** A resource in the format JSON:API, which most requests and answers have. */
export interface Resource {
  /** Unique among the resources of its type. */
  id: string;
  /** The kind of resource, in the plural. */
  type: string;
  /** What Terraform reads of it. */
  attributes?: object;
  /** The resources to which it refers. */
  relationships?: Record<string, Relationship | undefined>;
}

/** How a resource refers to another one. */
export interface Relationship {
  /** The other resource. */
  data: Pick<Resource, "id" | "type">;
}

/** Refers to a resource. */
export function relationTo({ id, type }: Resource): Relationship {
  return { data: { id, type } };
}

/**
 * The document with one resource.
 * @param included other resources, to which it refers
 */
export function one(data: Resource, included: Resource[] = []): Content {
  return { data, included };
}

/** The document with several resources. */
export function list(data: Resource[]): Content {
  return { data };
}

/** The reason why the server refuses a request. */
export class ApiError extends Error {
  /** @param status the HTTP status of the answer */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What a request asks for.
 * @throws ApiError when there is no such thing
 */
export function existing<Item>(item: Item | undefined): Item {
  if (item === undefined) throw new ApiError(404, "not found");
  return item;
}
