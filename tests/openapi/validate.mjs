// Checks the API's document, and recorded traffic against it, by tools that are not ours.
//
// usage: node validate.mjs OPENAPI_YAML [TRAFFIC]
//
// TRAFFIC is what tests/e2e/lab.py writes for SALURAN_RECORD: a line of JSON an exchange.
// The document is checked by openapi-schema-validator, schemas and traffic by Ajv (JSON Schema
// 2020-12).  Prints one line a problem; exit status 1 when there is one.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const [file, traffic] = process.argv.slice(2);
const document = parse(readFileSync(file, "utf8"), { merge: true });
const problems = [];

const checked = await new Validator().validate(structuredClone(document));
if (!checked.valid) problems.push(`the document: ${JSON.stringify(checked.errors)}`);
if (document.openapi !== "3.1.0") problems.push(`it is of OpenAPI ${document.openapi}`);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(document, "openapi");
const compiled = new Map();

function pointer(...words) {
  const escaped = words.map((w) => encodeURIComponent(w.replaceAll("~", "~0").replaceAll("/", "~1")));
  return `openapi#/${escaped.join("/")}`;
}

function resolve(node, at) {
  while (node && node.$ref) {
    at = node.$ref.slice(2).split("/").map((w) => w.replaceAll("~1", "/").replaceAll("~0", "~"));
    node = at.reduce((o, w) => o?.[w], document);
  }
  return [node, at];
}

function errors(at, value) {
  const ref = pointer(...at);
  if (!compiled.has(ref)) compiled.set(ref, ajv.compile({ $ref: ref }));
  const check = compiled.get(ref);
  return check(value) ? [] : check.errors.map((e) => `${e.instancePath || "/"} ${e.message}`);
}

// Members that the schema does not name, where it names any.
function unnamed(schema, value, at) {
  if (!schema || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((v) => unnamed(schema.items, v, `${at}[]`));
  if (!schema.properties) return [];
  return Object.entries(value).flatMap(([k, v]) =>
    schema.properties[k] === undefined
      ? [`${at}/${k} is not documented`]
      : unnamed(schema.properties[k], v, `${at}/${k}`));
}

const patterns = Object.keys(document.paths)
  .map((p) => ({ p, braces: p.split("{").length, rx: new RegExp(`^${p.replace(/\{[^}]+\}/g, "[^/]+")}$`) }))
  .sort((a, b) => a.braces - b.braces);

function judge(row) {
  const [path, query] = row.path.split("?");
  const found = patterns.find((x) => x.rx.test(path) && document.paths[x.p][row.method.toLowerCase()]);
  if (!found) return row.status === 404 || row.status === 405 || row.status === 400 ? [] : ["is no documented operation"];
  const at = ["paths", found.p, row.method.toLowerCase()];
  const operation = document.paths[found.p][at[2]];
  const status = String(row.status);
  const chosen = operation.responses[status] ? status : "default";
  const [response, where] = resolve(operation.responses[chosen], [...at, "responses", chosen]);
  const type = (row.headers["content-type"] ?? "").split(";")[0];
  const out = [];
  if (row.status < 400 && chosen === "default") out.push(`status ${status} is not documented`);
  for (const [name, header] of Object.entries(response.headers ?? {}))
    if (resolve(header, where)[0].required && row.headers[name.toLowerCase()] === undefined) out.push(`header ${name} is missing`);
  if (response.content && row.answer !== "" && type) {
    const media = response.content[type];
    if (!media) return [...out, `content type ${type} is not documented`];
    const schemaAt = [...where, "content", type, "schema"];
    out.push(...errors(schemaAt, row.answer).map((e) => `answer: ${e}`));
    if (row.status < 400) out.push(...unnamed(media.schema, row.answer, "answer"));
  }
  if (row.status >= 400) return out;
  const body = operation.requestBody?.content?.["application/json"];
  if (row.body !== null && body)
    out.push(...errors([...at, "requestBody", "content", "application/json", "schema"], row.body)
      .map((e) => `request: ${e}`));
  for (const [name, value] of new URLSearchParams(query ?? "")) {
    const i = operation.parameters?.findIndex((x) => x.in === "query" && x.name === name) ?? -1;
    if (i < 0) out.push(`the query's ${name} is not documented`);
    else {
      const schemaAt = [...at, "parameters", String(i), "schema"];
      const number = /^-?\d+$/.test(value) ? Number(value) : undefined;
      if (errors(schemaAt, value).length && (number === undefined || errors(schemaAt, number).length))
        out.push(`the query's ${name}: ${errors(schemaAt, value).join("; ")}`);
    }
  }
  return out;
}

let rows = 0;
const covered = new Set();
if (traffic) {
  for (const line of readFileSync(traffic, "utf8").split("\n").filter(Boolean)) {
    const row = JSON.parse(line);
    rows++;
    const found = patterns.find((x) => x.rx.test(row.path.split("?")[0]));
    if (found && row.status < 400) covered.add(`${row.method} ${found.p}`);
    for (const problem of new Set(judge(row)))
      problems.push(`${row.method} ${row.path} ${row.status}: ${problem}`);
  }
  if (rows === 0) problems.push("no traffic was recorded");
}
for (const problem of new Set(problems)) console.log(problem);
console.log(`openapi: ${Object.keys(document.paths).length} paths, ${rows} exchanges, ` +
  `${covered.size} operations answered, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
