// Judges manifests: a JSON list of {source, manifest} on standard input, a line for each fault on standard output.
//
// The schemas of kubernetes-models see wrong types and what is missing, but let fields pass that nobody knows, which an API server
// would drop; its TypeScript types do not.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const HERE = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const PACKAGES = {
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "grafana.integreatly.org": "@kubernetes-models/grafana-operator",
};

const moduleOf = ({ apiVersion, kind }) => `${PACKAGES[apiVersion?.split("/")[0]] ?? "kubernetes-models"}/${apiVersion}/${kind}`;

async function schemaFaults({ source, manifest }) {
  const name = `${source}: ${manifest.kind} ${manifest.metadata?.name}`;
  try {
    const { [manifest.kind]: Model } = await import(moduleOf(manifest));
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${name}: ${error.code?.startsWith("ERR_") ? `no schema for ${manifest.apiVersion}` : error.message}`];
  }
}

function typeFaults(judged) {
  const declarations = judged.map(
    ({ manifest }, number) =>
      `import { I${manifest.kind} as T${number} } from "${moduleOf(manifest)}"; const m${number}: T${number} = ${JSON.stringify(manifest)};`,
  );
  const file = join(HERE, "manifests.ts");
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], lib: ["lib.es2022.d.ts"],
                    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (path, ...more) =>
    path === file ? ts.createSourceFile(path, declarations.join("\n"), ts.ScriptTarget.ES2022) : getSourceFile(path, ...more);
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? declarations.join("\n") : readFile(path));
  return ts.getPreEmitDiagnostics(ts.createProgram([file], options, host)).map((diagnostic) => {
    const { source, manifest } = judged[ts.getLineAndCharacterOfPosition(diagnostic.file, diagnostic.start).line];
    return `${source}: ${manifest.kind} ${manifest.metadata?.name}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")}`;
  });
}

const judged = JSON.parse(readFileSync(0, "utf8"));
const faults = (await Promise.all(judged.map(schemaFaults))).flat();
// Types need a module for every kind.
if (!faults.some((fault) => fault.includes("no schema for"))) faults.push(...typeFaults(judged));
process.stdout.write(faults.map((fault) => `${fault}\n`).join(""));
