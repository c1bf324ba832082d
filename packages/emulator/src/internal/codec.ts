import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

// Nearly every body fits its Schema. A Schema without transformations is therefore compiled once, to closures that copy what
// is documented. Whatever they can't copy is left to the Schema itself, which has the same result, or the error.

/** The value of a copy that failed. */
const failed: unique symbol = Symbol.for("@effect-openai/emulator/internal/codec/failed")

/** Returns a copy of a value that the Schema accepts, without its unknown fields, or `failed`. */
interface Copy {
  (u: unknown): unknown
}

const keep = (accepts: (u: unknown) => boolean): Copy => (u) => accepts(u) ? u : failed

const keywords: { readonly [tag: string]: Copy | undefined } = {
  UndefinedKeyword: keep((u) => u === undefined),
  StringKeyword: keep((u) => typeof u === "string"),
  NumberKeyword: keep((u) => typeof u === "number"),
  BooleanKeyword: keep((u) => typeof u === "boolean"),
  // A function is what an object inherits, not a field of JSON.
  UnknownKeyword: keep((u) => typeof u !== "function")
}

const isObject = (u: unknown): u is Record<PropertyKey, unknown> =>
  typeof u === "object" && u !== null && !Array.isArray(u)

/** Compiles copies, which fail for unknown fields if `isStrict`. Undefined where only the Schema itself can decide. */
class Compiler {
  private readonly compiled = new Map<AST.AST, Copy | undefined>()

  constructor(private readonly isStrict: boolean) {}

  copyOf(ast: AST.AST): Copy | undefined {
    if (this.compiled.has(ast)) return this.compiled.get(ast)
    const copy = this.isSupported(ast) ? this.compile(ast) : undefined
    this.compiled.set(ast, copy)
    return copy
  }

  private all(asts: ReadonlyArray<AST.AST>): ReadonlyArray<Copy> | undefined {
    const copies = asts.map((ast) => this.copyOf(ast))
    return copies.every((copy) => copy !== undefined) ? copies : undefined
  }

  /** Whether no annotation changes how it is parsed, except for unknown fields that are refused anyway. */
  private isSupported(ast: AST.AST): boolean {
    const { onExcessProperty, ...options } = Option.getOrElse(
      AST.getParseOptionsAnnotation(ast),
      (): AST.ParseOptions => ({})
    )
    return Object.keys(options).length === 0 &&
      (onExcessProperty === undefined || (onExcessProperty === "error" && this.isStrict)) &&
      Option.isNone(AST.getDecodingFallbackAnnotation(ast))
  }

  private compile(ast: AST.AST): Copy | undefined {
    switch (ast._tag) {
      case "Literal":
        return keep((u) => u === ast.literal)
      case "Refinement": {
        const copy = this.copyOf(ast.from)
        return copy && ((u) => {
          const value = copy(u)
          return value === failed || Option.isSome(ast.filter(value, AST.defaultParseOption, ast)) ? failed : value
        })
      }
      case "TypeLiteral":
        return ast.indexSignatures.length === 0 ? this.struct(ast) : this.record(ast)
      case "TupleType":
        return this.array(ast)
      case "Union":
        return this.union(ast)
      case "Suspend":
        return this.suspended(ast)
      default:
        return keywords[ast._tag]
    }
  }

  private struct({ propertySignatures }: AST.TypeLiteral): Copy | undefined {
    const copies = this.all(propertySignatures.map(({ type }) => type))
    // A type without fields accepts any value but null.
    if (copies === undefined || copies.length === 0) return undefined
    const fields = propertySignatures.map(({ isOptional, name }, index) => ({ name, isOptional, copy: copies[index]! }))
    const { isStrict } = this
    return (u) => {
      if (!isObject(u)) return failed
      const copied: Record<PropertyKey, unknown> = {}
      let count = 0
      for (let index = 0; index < fields.length; index++) {
        const { copy, isOptional, name } = fields[index]!
        const value = u[name]
        if (value === undefined && !Object.hasOwn(u, name)) {
          if (isOptional) continue
          return failed
        }
        const one = copy(value)
        if (one === failed) return failed
        copied[name] = one
        count++
      }
      if (isStrict) {
        for (const _ in u) count--
        if (count !== 0) return failed
      }
      return copied
    }
  }

  private record({ indexSignatures: [index, ...others], propertySignatures }: AST.TypeLiteral): Copy | undefined {
    if (propertySignatures.length + others.length > 0) return undefined
    const copies = this.all([index!.parameter, index!.type])
    if (copies === undefined) return undefined
    const [key, value] = copies as [Copy, Copy]
    return (u) => {
      if (!isObject(u)) return failed
      const copied: Record<string, unknown> = {}
      for (const name in u) {
        const one = value(u[name])
        if (one === failed || key(name) === failed || name === "__proto__") return failed
        copied[name] = one
      }
      return copied
    }
  }

  private array({ elements, rest }: AST.TupleType): Copy | undefined {
    if (elements.length > 0 || rest.length !== 1) return undefined
    const copy = this.copyOf(rest[0]!.type)
    return copy && ((u) => {
      if (!Array.isArray(u)) return failed
      const copied = new Array<unknown>(u.length)
      for (let index = 0; index < u.length; index++) {
        if ((copied[index] = copy(u[index])) === failed) return failed
      }
      return copied
    })
  }

  /** The first member that accepts a value copies it, as in the Schema. */
  private union({ types }: AST.Union): Copy | undefined {
    const copies = this.all(types)
    return copies && ((u) => {
      for (let index = 0; index < copies.length; index++) {
        const copied = copies[index]!(u)
        if (copied !== failed) return copied
      }
      return failed
    })
  }

  /** A Schema that refers to itself. */
  private suspended({ f }: AST.Suspend): Copy {
    let copy: Copy | undefined
    return (u) => (copy ??= this.copyOf(f()) ?? (() => failed))(u)
  }
}

type Codec = (u: unknown) => Either.Either<unknown, ParseResult.ParseIssue>

/** Compiled with the first use: most operations of a program are never called. */
const make = (ast: AST.AST, isStrict: boolean, bySchema: () => Codec): Codec => {
  let copy: Copy | undefined
  let orElse: Codec | undefined
  return (u) => {
    copy ??= new Compiler(isStrict).copyOf(ast) ?? (() => failed)
    const copied = copy(u)
    return copied === failed ? (orElse ??= bySchema())(u) : Either.right(copied)
  }
}

/** Whether unknown fields are refused. */
const isClosed = (ast: AST.AST): boolean =>
  Option.exists(AST.getParseOptionsAnnotation(ast), ({ onExcessProperty }) => onExcessProperty === "error")

/** Decodes like `ParseResult.decodeUnknownEither`. */
export const decoder = (schema: Schema.Schema.All): Codec =>
  make(schema.ast, isClosed(schema.ast), () => ParseResult.decodeUnknownEither(schema as Schema.Schema<unknown>))

/** Encodes like `ParseResult.encodeUnknownEither`. */
export const encoder = (schema: Schema.Schema.All): Codec =>
  make(schema.ast, false, () => ParseResult.encodeUnknownEither(schema as Schema.Schema<unknown>))
