/**
 * A resource of the API reference: a title, a sentence, and its operations. Indexes, the tags of the OpenAPI document, the
 * emulator's handlers and the lists in tests are derived from these values.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "./Endpoint.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Resource<
  out Name extends string,
  out Operations extends { readonly [name: string]: Endpoint.Any }
> {
  /** The name of the resource's module. */
  readonly name: Name
  /** The title in the API reference. */
  readonly title: string
  /** One sentence. */
  readonly description: string
  /** The operations, by the names of the client's functions. */
  readonly operations: Operations
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Any extends Resource<string, { readonly [name: string]: Endpoint.Any }> {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const Name extends string,
  const Operations extends { readonly [name: string]: Endpoint.Any }
>(options: Resource<Name, Operations>): Resource<Name, Operations> => options
