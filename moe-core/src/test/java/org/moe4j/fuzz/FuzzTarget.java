// SPDX-License-Identifier: Apache-2.0
package org.moe4j.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.moe4j.engine.ModelFuzz;
import org.moe4j.engine.StepFuzz;
import org.moe4j.format.GgufFuzz;
import org.moe4j.format.SafetensorsFuzz;
import org.moe4j.template.TemplateFuzz;
import org.moe4j.tokenizer.TokenizerFuzz;

/** The fuzz targets and their corpora. */
enum FuzzTarget {
  GGUF,
  SAFETENSORS,
  MODEL,
  TOKENIZER,
  TEMPLATE,
  STEP;

  /**
   * Reads an input.
   *
   * @return processor time that other threads took for it, in nanoseconds
   */
  long read(byte[] input) {
    switch (this) {
      case GGUF -> GgufFuzz.fuzzerTestOneInput(input);
      case SAFETENSORS -> SafetensorsFuzz.fuzzerTestOneInput(input);
      case MODEL -> ModelFuzz.fuzzerTestOneInput(input);
      case TOKENIZER -> TokenizerFuzz.fuzzerTestOneInput(input);
      case TEMPLATE -> TemplateFuzz.fuzzerTestOneInput(input);
      case STEP -> {
        return StepFuzz.run(input);
      }
    }
    return 0;
  }

  /** The inputs that are kept, seeds and findings alike. What can be described can be run too. */
  List<Path> corpus(Path folder) {
    List<Path> inputs = new ArrayList<>(files(folder));
    if (this == STEP) {
      inputs.addAll(MODEL.files(folder));
    }
    return inputs;
  }

  private List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder.resolve(name().toLowerCase(Locale.ROOT)))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
