// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.moe4j.MixtureException;

/**
 * A directory as model hubs give it: {@code config.json}, the weights in {@code model.safetensors}
 * or in several files that {@code model.safetensors.index.json} names, and what else there is for
 * the tokenizer and for sampling.
 */
public final class SafetensorsDirectory extends ModelFile {

  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String TEMPLATE = "chat_template";

  /**
   * Printable ASCII without separators or a leading dot: such a name leaves no directory on any
   * system.
   */
  private static final Pattern PLAIN_NAME = Pattern.compile("[!-~&&[^/\\\\:.]][ -~&&[^/\\\\:]]*");

  private final Optional<MixtureException.Unsupported> packing;
  private final Optional<Config> generationConfig;
  private final Optional<Config> tokenizerConfig;
  private final Optional<Path> tokenizerJson;
  private final Optional<Path> tiktokenModel;
  private final Optional<String> chatTemplate;

  private SafetensorsDirectory(
      Path path,
      Arena arena,
      Config config,
      Map<String, TensorData> tensors,
      long bytes,
      Optional<MixtureException.Unsupported> packing) {
    super(path, arena, config, tensors, bytes);
    this.packing = packing;
    generationConfig = existing("generation_config.json").map(Config::readSettings);
    tokenizerConfig = existing("tokenizer_config.json").map(Config::readSettings);
    tokenizerJson = existing("tokenizer.json");
    tiktokenModel = existing("tiktoken.model");
    chatTemplate =
        existing("chat_template.jinja")
            .map(FileBytes::text)
            .or(() -> tokenizerConfig.flatMap(SafetensorsDirectory::template));
  }

  static SafetensorsDirectory read(Path path, Arena arena, boolean copy) {
    if (!Files.exists(path.resolve(CONFIG))) {
      throw new MixtureException.BadFile(
          path.toString(),
          null,
          "is a directory without " + CONFIG + ", expected a model in safetensors or a GGUF file",
          null);
    }
    Config config = Config.readSettings(path.resolve(CONFIG));
    Map<String, TensorData> tensors = new LinkedHashMap<>();
    long bytes = 0;
    if (Files.exists(path.resolve(WEIGHTS))) {
      bytes = load(path.resolve(WEIGHTS), arena, copy, tensors);
    } else if (Files.exists(path.resolve(INDEX))) {
      for (Map.Entry<String, List<String>> shard : shards(path.resolve(INDEX)).entrySet()) {
        Map<String, TensorData> found = new LinkedHashMap<>();
        bytes += load(path.resolve(shard.getKey()), arena, copy, found);
        for (String name : shard.getValue()) {
          TensorData tensor = found.get(name);
          if (tensor == null) {
            throw new MixtureException.BadFile(
                path.resolve(shard.getKey()).toString(),
                name,
                "the index says that this tensor is here, but it is not",
                null);
          }
          tensors.put(name, tensor);
        }
      }
    } else {
      throw new MixtureException.BadFile(
          path.toString(), null, "has neither " + WEIGHTS + " nor " + INDEX, null);
    }
    return of(path, arena, config, tensors, bytes);
  }

  /**
   * A directory whose config and stored tensors are known.
   *
   * @throws MixtureException.BadFile if parts of a packed weight are missing or do not fit
   */
  static SafetensorsDirectory of(
      Path path, Arena arena, Config config, Map<String, TensorData> stored, long bytes) {
    try {
      Map<String, TensorData> tensors = PackedTensors.read(config, stored);
      return new SafetensorsDirectory(path, arena, config, tensors, bytes, Optional.empty());
    } catch (MixtureException.Unsupported e) {
      return new SafetensorsDirectory(path, arena, config, stored, bytes, Optional.of(e));
    }
  }

  private static long load(Path file, Arena arena, boolean copy, Map<String, TensorData> tensors) {
    MemorySegment data = FileBytes.load(file, arena, copy);
    for (TensorData tensor : SafetensorsFile.parse(file.toString(), data).tensors()) {
      tensors.put(tensor.name(), tensor);
    }
    return data.byteSize();
  }

  /** The tensors of each file that the index names. */
  private static Map<String, List<String>> shards(Path index) {
    Config files = Config.readJson(index).section("weight_map");
    Map<String, List<String>> shards = new TreeMap<>();
    for (String tensor : files.keys()) {
      String name = files.text(tensor);
      if (!PLAIN_NAME.matcher(name).matches()) {
        throw new MixtureException.BadFile(
            index.toString(),
            "weight_map." + tensor,
            "expected the plain name of a file in this directory, found " + Json.show(name),
            null);
      }
      shards.computeIfAbsent(name, _ -> new ArrayList<>()).add(tensor);
    }
    return shards;
  }

  private Optional<Path> existing(String name) {
    return Optional.of(path().resolve(name)).filter(Files::exists);
  }

  /** A template, or the one called "default" where there are several. */
  private static Optional<String> template(Config config) {
    if (!config.has(TEMPLATE)) {
      return Optional.empty();
    }
    if (!(config.value(TEMPLATE) instanceof List<?>)) {
      return Optional.of(config.text(TEMPLATE));
    }
    List<Config> named = config.sections(TEMPLATE);
    return named.stream()
        .filter(each -> named.size() == 1 || each.text("name").equals("default"))
        .findFirst()
        .map(each -> each.text("template"));
  }

  /** The names of all packings that can be read, as {@code quant_method} has them. */
  public static String packings() {
    return PackedTensors.SUPPORTED;
  }

  /**
   * Why {@code quantization_config} cannot be followed; then the tensors are listed as they are
   * stored. Otherwise each packed weight is listed as the one tensor that it stands for.
   */
  public Optional<MixtureException.Unsupported> packingProblem() {
    return packing;
  }

  /** {@code generation_config.json}: the model's own sampling and end ids. */
  public Optional<Config> generationConfig() {
    return generationConfig;
  }

  /** {@code tokenizer_config.json}. */
  public Optional<Config> tokenizerConfig() {
    return tokenizerConfig;
  }

  /** The path of {@code tokenizer.json}. */
  public Optional<Path> tokenizerJson() {
    return tokenizerJson;
  }

  /** The content of {@code tiktoken.model}, read anew. */
  public Optional<String> tiktokenModel() {
    return tiktokenModel.map(FileBytes::text);
  }

  /** {@code chat_template.jinja}, or else the template in {@code tokenizer_config.json}. */
  @Override
  public Optional<String> chatTemplate() {
    return chatTemplate;
  }
}
