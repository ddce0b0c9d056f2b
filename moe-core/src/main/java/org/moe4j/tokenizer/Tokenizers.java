// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.moe4j.format.Config;

/** Opens the tokenizers of model files. */
public final class Tokenizers {

  private Tokenizers() {}

  /**
   * Reads a {@code tokenizer.json}, and the {@code tokenizer_config.json} beside it if there is
   * one.
   *
   * @param tokenizerJson the file
   * @throws org.moe4j.MixtureException.BadFile if a file cannot be read or contradicts itself
   * @throws org.moe4j.MixtureException.Unsupported if the tokenizer is of another kind, or uses a
   *     normalizer, a pre-tokenizer, a pattern or a decoder that is not known here
   */
  public static ModelTokenizer fromJson(Path tokenizerJson) {
    Path settings = tokenizerJson.resolveSibling("tokenizer_config.json");
    return fromJson(
        Config.readJson(tokenizerJson),
        Files.exists(settings) ? Optional.of(Config.readJson(settings)) : Optional.empty());
  }

  /**
   * Reads the contents of a {@code tokenizer.json}.
   *
   * @param tokenizer the content of {@code tokenizer.json}
   * @param settings the content of {@code tokenizer_config.json}
   * @throws org.moe4j.MixtureException.BadFile if the content contradicts itself
   * @throws org.moe4j.MixtureException.Unsupported as {@link #fromJson(Path)} does
   */
  public static ModelTokenizer fromJson(Config tokenizer, Optional<Config> settings) {
    return JsonTokenizer.read(tokenizer, settings);
  }

  /**
   * Reads the contents of a {@code tiktoken.model}, as Kimi-K2 and Moonlight have it.
   *
   * @param file where it comes from, for messages
   * @param ranks its content: tokens as base64 and their ranks, one of each a line
   * @param settings the content of {@code tokenizer_config.json}
   * @throws org.moe4j.MixtureException.BadFile if the contents contradict themselves
   * @throws org.moe4j.MixtureException.Unsupported if the settings name another class than theirs
   */
  public static ModelTokenizer fromTiktoken(String file, String ranks, Config settings) {
    return RankedTokenizer.read(file, ranks, settings);
  }

  /**
   * Reads the tokenizer in the metadata of a GGUF file.
   *
   * @param metadata the metadata
   * @throws org.moe4j.MixtureException.BadFile if the metadata contradict themselves or lack
   *     something
   * @throws org.moe4j.MixtureException.Unsupported if the tokenizer's model or pre-tokenizer is not
   *     known here
   */
  public static ModelTokenizer fromGguf(Config metadata) {
    return GgufTokenizer.read(metadata);
  }
}
