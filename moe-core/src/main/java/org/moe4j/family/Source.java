// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.format.ModelFile;
import org.moe4j.format.SafetensorsDirectory;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;

/**
 * A model file as a family reads it: every setting and tensor by its name in a {@code config.json}
 * with safetensors and its name in a GGUF file.
 *
 * <p>It remembers what was read, so that {@link #requireAllUsed} can refuse a file with parts that
 * the family does not have, instead of leaving them out in silence. Used by one thread.
 */
final class Source {

  /** GGUF settings of an architecture that say nothing about what is computed. */
  private static final Set<String> HARMLESS_KEYS =
      Set.of(
          "vocab_size",
          "tensor_data_layout",
          "rope.scaling.finetuned",
          "rope.scaling.original_context_length",
          "feed_forward_length",
          "expert_count",
          "expert_used_count");

  private final ModelFile file;
  private Config config;
  private Map<String, String> names = Map.of();
  private final LanguagePart part;
  private final boolean gguf;
  private final String family;
  private String layers = "model.layers.";
  private final Set<String> usedKeys = new HashSet<>();
  private final Set<String> usedTensors = new HashSet<>();

  private final Set<String> waived;
  private final boolean anyType;

  Source(ModelFile file) {
    this(file, Set.of(), false);
  }

  /**
   * A source that looks for all that is in the way: tensors may be of any type.
   *
   * @param waived settings that count as absent, each as the file and the key
   */
  Source(ModelFile file, Set<String> waived) {
    this(file, waived, true);
  }

  private Source(ModelFile file, Set<String> waived, boolean anyType) {
    this.file = file;
    this.waived = waived;
    this.anyType = anyType;
    gguf = file.config().has("general.architecture");
    part = LanguagePart.of(file, gguf);
    config = part.config().without(keys(part.config(), waived));
    family = config.text(gguf ? "general.architecture" : "model_type");
  }

  /** The keys of these settings that are waived, or in which something is. */
  private static Set<String> keys(Config config, Set<String> waived) {
    Set<String> keys = new HashSet<>();
    for (String key : config.keys()) {
      String where = config.file() + ": " + key;
      if (waived.stream().anyMatch(each -> each.equals(where) || each.startsWith(where + "."))) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** The family in the file's own words. */
  String family() {
    return family;
  }

  /** Whether this is a GGUF file. */
  boolean gguf() {
    return gguf;
  }

  // ------------------------------------------------------------------ settings

  /** All settings, for keys that only one of the formats has. */
  Config config() {
    return config;
  }

  /** The full key of a GGUF setting, which counts as read. */
  String key(String name) {
    String key = family + "." + name;
    usedKeys.add(key);
    return key;
  }

  private String key(String hf, String ggufName) {
    return gguf ? key(ggufName) : names.getOrDefault(hf, hf);
  }

  /**
   * Says which settings of a {@code config.json} this family calls otherwise.
   *
   * @param own usual names to the family's own; {@code section.key} is a key of a section
   */
  void settings(Map<String, String> own) {
    names = Map.copyOf(own);
    Map<String, @Nullable Object> flat = new LinkedHashMap<>();
    for (String key : config.keys()) {
      flat.put(key, config.value(key));
      if (names.values().stream().anyMatch(name -> name.startsWith(key + ".")) && config.has(key)) {
        Config section = config.section(key);
        section.keys().forEach(inner -> flat.put(key + "." + inner, section.value(inner)));
      }
    }
    config = Config.of(config.file(), flat);
  }

  boolean has(String hf, String ggufName) {
    return config.has(key(hf, ggufName));
  }

  /** A size that is at least 1. */
  int size(String hf, String ggufName) {
    int size = config.int32(key(hf, ggufName));
    if (size < 1) {
      throw badSetting(hf, ggufName, "expected at least 1, found " + size);
    }
    return size;
  }

  int size(String hf, String ggufName, int fallback) {
    return has(hf, ggufName) ? size(hf, ggufName) : fallback;
  }

  /** A number of things that may be none. */
  int count(String hf, String ggufName, int fallback) {
    return config.int32(key(hf, ggufName), fallback);
  }

  double number(String hf, String ggufName) {
    return config.number(key(hf, ggufName));
  }

  double number(String hf, String ggufName, double fallback) {
    return config.number(key(hf, ggufName), fallback);
  }

  /** A type for each layer, of those that are known. */
  List<String> layerTypes(String key, int layers, String... known) {
    List<String> types = config.strings(key);
    if (types.size() != layers) {
      throw badSetting(key, "", "expected %d entries, found %d".formatted(layers, types.size()));
    }
    for (String type : types) {
      if (!List.of(known).contains(type)) {
        throw unsupported(key, "\"" + type + "\"", String.join(", ", known));
      }
    }
    return types;
  }

  /**
   * A word of a config that is one of those known; any other is refused.
   *
   * @param fallback the word of an absent key
   */
  String oneOf(String key, String fallback, String... known) {
    String value = config.text(key, fallback);
    if (!List.of(known).contains(value)) {
      throw unsupported(key, "\"" + value + "\"", String.join(", ", known));
    }
    return value;
  }

  /** Refuses a config in which a truth value is not the one that an absent key means. */
  void requireFlag(String key, boolean value) {
    if (config.flag(key, value) != value) {
      throw unsupported(key, String.valueOf(!value), String.valueOf(value));
    }
  }

  /**
   * Refuses a number other than zero.
   *
   * @param key the full key
   * @param fallback the number of an absent key
   */
  void requireZero(String key, int fallback) {
    int value = config.int32(key, fallback);
    if (value != 0) {
      throw unsupported(key, String.valueOf(value), "0");
    }
  }

  /**
   * Requires that a setting divides something evenly.
   *
   * @param found its value
   * @param whole what it divides
   * @param what the name of that
   */
  void requireDivisor(String hf, String ggufName, long found, long whole, String what) {
    if (whole % found != 0) {
      throw badSetting(
          hf, ggufName, "expected a divisor of the %s, %d, found %d".formatted(what, whole, found));
    }
  }

  MixtureException.BadFile badSetting(String hf, String ggufName, String problem) {
    return new MixtureException.BadFile(config.file(), key(hf, ggufName), problem, null);
  }

  /** Refuses a setting by its full key. */
  MixtureException.Unsupported unsupported(String key, String value, String supported) {
    return new MixtureException.Unsupported(
        config.file() + ": " + key, "the value " + value, supported);
  }

  // ------------------------------------------------------------------- tensors

  /** Tensors outside the layers. */
  Scope root() {
    return new Scope(this, "", "");
  }

  /** Says where the layers are in safetensors, if not at {@code model.layers.}. */
  void layersAt(String prefix) {
    layers = prefix;
  }

  /** Tensors of one layer. */
  Scope layer(int index) {
    return new Scope(this, layers + index + ".", "blk." + index + ".");
  }

  /**
   * Leaves out layers that the family does not run.
   *
   * @param from index of the first one
   * @param to index after the last one
   */
  void leaveOutLayers(long from, long to) {
    String prefix = gguf ? "blk." : layers;
    for (TensorData tensor : file.tensors()) {
      String name = tensor.name();
      int end = name.indexOf('.', prefix.length());
      if (name.startsWith(prefix) && end - prefix.length() <= 9) {
        String index = end < 0 ? "" : name.substring(prefix.length(), end);
        if (index.matches("[0-9]+")
            && Integer.parseInt(index) >= from
            && Integer.parseInt(index) < to) {
          usedTensors.add(name);
        }
      }
    }
  }

  /** Leaves out tensors that the family does not use, by what their names begin with. */
  void leaveOut(String prefix) {
    for (TensorData tensor : file.tensors()) {
      if (tensor.name().startsWith(prefix)) {
        usedTensors.add(tensor.name());
      }
    }
  }

  boolean hasTensor(String name) {
    return file.find(part.name(name)).isPresent();
  }

  TensorData tensor(String ownName, long... shape) {
    String name = part.name(ownName);
    usedTensors.add(name);
    TensorData tensor = shape.length == 0 ? file.tensor(name) : file.tensor(name, shape);
    if (!anyType && !tensor.type().isSupported()) {
      throw new MixtureException.Unsupported(
          tensor.file() + ": " + name, "tensor type " + tensor.type(), TensorType.supportedNames());
    }
    return tensor;
  }

  // ---------------------------------------------------------------- what is left

  /** Refuses a config of another task, with packed weights or with another activation. */
  void requirePlainModel() {
    if (gguf) {
      if (!config.flag(key("attention.causal"), true)) {
        throw unsupported(key("attention.causal"), "false", "true");
      }
      return;
    }
    if (config.has("architectures")) {
      List<String> names = config.strings("architectures");
      String end = part.nested() ? "ForConditionalGeneration" : "ForCausalLM";
      if (names.stream().noneMatch(name -> name.endsWith(end))) {
        throw unsupported("architectures", names.toString(), "..." + end);
      }
    }
    if (file instanceof SafetensorsDirectory directory
        && directory.packingProblem().isPresent()
        && !waived.contains(directory.packingProblem().get().where())) {
      throw directory.packingProblem().get();
    }
    String activation = config.text("hidden_act", "silu").toLowerCase(Locale.ROOT);
    if (!activation.equals("silu") && !activation.equals("swish")) {
      throw unsupported("hidden_act", "\"" + activation + "\"", "silu");
    }
  }

  /**
   * Refuses a file with tensors or, if it is a GGUF file, settings that the family's mapping did
   * not ask for.
   */
  void requireAllUsed() {
    List<MixtureException.Unsupported> unused = unused();
    if (!unused.isEmpty()) {
      throw unused.getFirst();
    }
  }

  /** A refusal for each tensor and setting that the family's mapping did not ask for. */
  List<MixtureException.Unsupported> unused() {
    List<MixtureException.Unsupported> unused = new ArrayList<>();
    for (TensorData tensor : file.tensors()) {
      if (!usedTensors.contains(tensor.name())
          && !isDerived(tensor.name())
          && !part.isOther(tensor.name())) {
        unused.add(
            new MixtureException.Unsupported(
                tensor.file() + ": " + tensor.name(),
                "a tensor that the family \"" + family + "\" does not have",
                usedTensors.size() + " other tensors of this file"));
      }
    }
    if (gguf) {
      for (String key : config.keys()) {
        if (key.startsWith(family + ".")
            && !usedKeys.contains(key)
            && !HARMLESS_KEYS.contains(key.substring(family.length() + 1))) {
          unused.add(
              new MixtureException.Unsupported(
                  config.file() + ": " + key,
                  "a setting that the family \"" + family + "\" does not have",
                  String.join(", ", usedKeys.stream().sorted().toList())));
        }
      }
    }
    return unused;
  }

  /** Old files carry tables of rotary frequencies, which the settings tell as well. */
  private static boolean isDerived(String name) {
    return name.endsWith(".rotary_emb.inv_freq") || name.endsWith(".attn_rot_embd.weight");
  }
}
