// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.moe4j.MixtureException;
import org.moe4j.Sampling;
import org.moe4j.format.Config;
import org.moe4j.format.ModelFile;
import org.moe4j.format.SafetensorsDirectory;

/**
 * What a model's own files say about generating: sampling, end tokens, the most tokens of an
 * answer. A model that says nothing about sampling is sampled greedily.
 *
 * @param sampling sampling where a request is silent
 * @param endIds every token that ends an answer, as far as the configs name them
 * @param maxTokens most tokens of an answer where a request is silent
 */
record GenerationDefaults(Sampling sampling, Set<Integer> endIds, OptionalInt maxTokens) {

  private static final List<String> GGUF_END_KEYS =
      List.of(
          "tokenizer.ggml.eos_token_id",
          "tokenizer.ggml.eot_token_id",
          "tokenizer.ggml.eom_token_id");

  GenerationDefaults {
    endIds = Set.copyOf(endIds);
  }

  static GenerationDefaults of(ModelFile file) {
    Set<Integer> ends = new HashSet<>();
    Config config = file.config();
    if (!(file instanceof SafetensorsDirectory directory)) {
      for (String key : GGUF_END_KEYS) {
        addEnds(config, key, ends);
      }
      return new GenerationDefaults(Sampling.GREEDY, ends, OptionalInt.empty());
    }
    addEnds(config, "eos_token_id", ends);
    Config generation = directory.generationConfig().orElse(null);
    if (generation == null) {
      return new GenerationDefaults(Sampling.GREEDY, ends, OptionalInt.empty());
    }
    addEnds(generation, "eos_token_id", ends);
    return new GenerationDefaults(
        sampling(generation),
        ends,
        generation.has("max_new_tokens")
            ? OptionalInt.of(generation.int32("max_new_tokens"))
            : OptionalInt.empty());
  }

  private static void addEnds(Config config, String key, Set<Integer> ends) {
    if (!config.has(key)) {
      return;
    }
    if (config.value(key) instanceof List<?>) {
      for (int id : config.ints(key)) {
        ends.add(id);
      }
    } else {
      ends.add(config.int32(key));
    }
  }

  /**
   * The defaults of transformers' GenerationConfig where the file has do_sample, greedy otherwise.
   *
   * @see <a
   *     href="https://huggingface.co/docs/transformers/main_classes/text_generation">GenerationConfig</a>
   */
  private static Sampling sampling(Config c) {
    boolean sample = c.flag("do_sample", false);
    try {
      return new Sampling(
          sample ? c.number("temperature", 1) : 0,
          sample ? (int) c.integer("top_k", 50) : 0,
          sample ? c.number("top_p", 1) : 1,
          sample ? c.number("min_p", 0) : 0,
          c.number("repetition_penalty", 1),
          0,
          0);
    } catch (MixtureException.BadRequest e) {
      throw new MixtureException.BadFile(c.file(), null, String.valueOf(e.getMessage()), e);
    }
  }
}
