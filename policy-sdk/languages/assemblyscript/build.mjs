// Compiles the policy to one-domain.wasm, or to the file that is named: `npm install && npm run build`.
//
// The compiler makes an ordinary module. Two things make a policy of it: its functions are called what the contract calls
// them, and a custom section tells their component type, which lies in an object file.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import asc from "assemblyscript/asc";
import binaryen from "binaryen";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? "one-domain.wasm");
const typeFile = resolve(here, "bindings/check_module_component_type.o");

// Names no identifier can have.
const EXPORTS = {
  init: "step:policy/check@0.1.0#init",
  review: "step:policy/check@0.1.0#review",
};

// Memory that is handed out once, and a trap where a program would be aborted: nothing is imported.
const options = ["--runtime", "stub", "--use", "abort=", "--optimizeLevel", "2", "--shrinkLevel", "2", "--noAssert"];

async function compile() {
  const files = new Map();
  const { error, stderr } = await asc.main(["assembly/index.ts", ...options, "--outFile", "out.wasm"], {
    baseDir: here,
    writeFile: (name, contents) => files.set(name, contents),
  });
  if (error) {
    throw new Error(`${error.message}\n${stderr}`);
  }
  return files.get("out.wasm");
}

function rename(wasm) {
  const module = binaryen.readBinary(wasm);
  // Whatever the compiler has made is read; what a policy may use is the host's to say.
  module.setFeatures(binaryen.Features.All);
  for (const [name, wanted] of Object.entries(EXPORTS)) {
    const exported = binaryen.getExportInfo(module.getExport(name)).value;
    module.removeExport(name);
    module.addFunctionExport(exported, wanted);
  }
  if (!module.validate()) {
    throw new Error("the module is not valid");
  }
  return module.emitBinary();
}

// The sections of an object file that tell a component's type, each with its head.
function typeSections(object) {
  const sections = [];
  let at = 8; // after the magic number and the version
  while (at < object.length) {
    const id = object[at];
    const [size, begin] = unsigned(object, at + 1);
    const [nameLength, nameBegin] = unsigned(object, begin);
    const name = object.subarray(nameBegin, nameBegin + nameLength).toString("utf8");
    if (id === 0 && name.startsWith("component-type")) {
      sections.push(object.subarray(at, begin + size));
    }
    at = begin + size;
  }
  if (sections.length === 0) {
    throw new Error(`${typeFile} tells no component's type`);
  }
  return sections;
}

// A number in LEB128, and where what follows begins.
function unsigned(octets, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const octet = octets[at++];
    value += (octet & 127) * 2 ** shift;
    if (octet < 128) {
      return [value, at];
    }
  }
}

const wasm = rename(await compile());
writeFileSync(target, Buffer.concat([wasm, ...typeSections(readFileSync(typeFile))]));
