import effectPlugin from "@effect/eslint-plugin"
import tseslint from "typescript-eslint"
import { publicPaths } from "./scripts/eslint-public-paths.mjs"
import { since } from "./scripts/eslint-since.mjs"

export default tseslint.config(
  { ignores: ["**/dist/", "**/docs/", "**/node_modules/", "**/.readme/"] },
  ...tseslint.configs.strict,
  ...effectPlugin.configs.dprint,
  {
    rules: {
      // Effect's idioms: types as companions of values, generics inferred through `any`, generators that only return.
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/no-namespace": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/unified-signatures": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      // The compiler leaves `import { type A } from "a"` as `import "a"`, which loads the module.
      "@typescript-eslint/no-import-type-side-effects": "error",
      "require-yield": "off",
      "no-restricted-imports": ["error", {
        paths: [{
          name: "@effect/vitest",
          importNames: ["layer"],
          message: "It replaces the methods of the `it` that all test files of a process share. Use Effect.provide."
        }]
      }],
      "@effect/dprint": ["error", {
        config: {
          indentWidth: 2,
          lineWidth: 120,
          semiColons: "asi",
          quoteStyle: "alwaysDouble",
          trailingCommas: "never",
          operatorPosition: "maintain",
          "arrowFunction.useParentheses": "force"
        }
      }]
    }
  },
  {
    plugins: { "effect-openai": { rules: { since, "public-paths": publicPaths } } }
  },
  {
    files: ["**/*.ts"],
    rules: { "effect-openai/public-paths": "error" }
  },
  {
    files: ["packages/core/src/**/*.ts"],
    ignores: ["packages/core/src/internal/**"],
    rules: { "effect-openai/since": "error" }
  },
  {
    files: ["packages/core/src/**/*.ts"],
    ignores: ["packages/core/src/Struct.ts"],
    rules: {
      "no-restricted-syntax": ["error", {
        selector: "CallExpression > MemberExpression.callee[object.name='Schema'][property.name='Struct']",
        message: "Use Struct.make: the compiler computes its type faster."
      }]
    }
  }
)
