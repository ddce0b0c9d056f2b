// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.moe4j.MixtureException;

/**
 * Puts one tensor in the place of the several that a packed weight is stored as, as the {@code
 * quantization_config} of a model says. Modules that the config leaves out of it have plain weights
 * and stay as they are.
 */
final class PackedTensors {

  private static final String KEY = "quantization_config";
  private static final String WEIGHT = ".weight";
  static final String SUPPORTED = "fp8, mxfp4, gptq, awq, compressed-tensors";

  /** Scales of activations, which are not rounded here. */
  private static final List<String> OF_ACTIVATIONS =
      List.of(".input_scale", ".output_scale", ".activation_scale", ".input_global_scale");

  private final Config config;
  private final Config settings;
  private final Map<String, TensorData> stored;
  private final Set<String> used = new HashSet<>();
  private final Map<String, TensorData> derived = new LinkedHashMap<>();

  private PackedTensors(Config config, Map<String, TensorData> stored) {
    this.config = config;
    this.stored = stored;
    settings = config.section(KEY);
  }

  /**
   * The tensors that a model's computation knows.
   *
   * @param config the model's config
   * @param stored its stored tensors by name
   * @return those that are not packed as they are, and one for each packed weight
   * @throws MixtureException.Unsupported if they are packed in a way that cannot be read
   * @throws MixtureException.BadFile if parts of a packed weight are missing or do not fit
   */
  static Map<String, TensorData> read(Config config, Map<String, TensorData> stored) {
    if (!config.has(KEY)) {
      return stored;
    }
    PackedTensors packed = new PackedTensors(config, stored);
    packed.derive();
    Map<String, TensorData> all = new LinkedHashMap<>();
    stored.forEach((name, tensor) -> {
      if (!packed.used.contains(name)) {
        all.put(name, tensor);
      }
    });
    all.putAll(packed.derived);
    return all;
  }

  private void derive() {
    String method = settings.text("quant_method", "unknown");
    switch (method) {
      case "fp8" -> scaled(block(settings, "weight_block_size"));
      case "mxfp4" -> mxfp4();
      case "gptq" -> gptq();
      case "awq" -> awq();
      case "compressed-tensors" -> compressed();
      default -> throw unsupported("quant_method", method, SUPPORTED);
    }
    for (String name : stored.keySet()) {
      OF_ACTIVATIONS.stream().filter(name::endsWith).forEach(suffix -> used.add(name));
    }
  }

  private MixtureException.Unsupported unsupported(String key, String value, String supported) {
    return new MixtureException.Unsupported(
        config.file() + ": " + KEY, "\"" + key + "\": " + value, supported);
  }

  private void require(boolean condition, String key, Object value, String supported) {
    if (!condition) {
      throw unsupported(key, String.valueOf(value), supported);
    }
  }

  private static List<Integer> block(Config section, String key) {
    List<Integer> block = new ArrayList<>();
    if (section.has(key)) {
      for (int size : section.ints(key)) {
        block.add(Math.max(1, size));
      }
    }
    return block;
  }

  // --------------------------------------------------------------------- floats

  /** Each tensor of 8 bits that has scales beside it. */
  private void scaled(List<Integer> block) {
    stored.forEach((name, tensor) -> {
      switch (tensor.type()) {
        case F8_E4M3, F8_E5M2, I8 -> {
          for (String suffix : List.of("_scale_inv", "_scale")) {
            TensorData scales = stored.get(name + suffix);
            if (scales != null) {
              Numbers.requireFloats(scales);
              used.add(name);
              used.add(name + suffix);
              derived.put(name, ScaledRows.of(tensor, scales, block).tensor(tensor.file(), name));
              return;
            }
          }
        }
        default -> {}
      }
    });
  }

  private void mxfp4() {
    stored.forEach((name, blocks) -> {
      if (name.endsWith("_blocks")) {
        String own = name.substring(0, name.length() - "_blocks".length());
        TensorData scales = stored.get(own + "_scales");
        if (scales != null) {
          used.add(name);
          used.add(own + "_scales");
          derived.put(own, new MxRows(blocks, scales).tensor(blocks.file(), own));
        }
      }
    });
  }

  // ------------------------------------------------------------------- integers

  /** Makes a matrix of its parts. */
  private interface Reader {
    PackedIntegers read(String prefix, PackedParts parts);
  }

  private void integers(String part, Reader reader) {
    for (String name : stored.keySet()) {
      if (name.endsWith("." + part)) {
        String own = name.substring(0, name.length() - part.length() - 1);
        PackedIntegers rows = reader.read(own, new PackedParts(own + ".", stored, used));
        derived.put(own + WEIGHT, rows.tensor(rows.file(), own + WEIGHT));
      }
    }
  }

  private int bits(Config section, String key, int fallback) {
    int bits = section.int32(key, fallback);
    require(bits == 2 || bits == 4 || bits == 8, key, bits, "2, 4, 8");
    return bits;
  }

  private void gptq() {
    int bits = bits(settings, "bits", 4);
    int groupSize = settings.int32("group_size", 128);
    boolean symmetric = settings.flag("sym", true);
    String format = settings.text("checkpoint_format", "gptq");
    require(
        format.equals("gptq") || format.equals("gptq_v2"),
        "checkpoint_format",
        format,
        "gptq, gptq_v2");
    int plus = format.equals("gptq") ? 1 : 0;
    integers(
        "qweight", (prefix, parts) -> Gptq.read(prefix, parts, bits, groupSize, symmetric, plus));
  }

  private void awq() {
    int bits = settings.int32(settings.has("w_bit") ? "w_bit" : "bits", 4);
    require(bits == 4, "bits", bits, "4");
    String version = settings.text("version", "gemm");
    require(version.equalsIgnoreCase("gemm"), "version", version, "gemm");
    require(settings.flag("zero_point", true), "zero_point", false, "true");
    String size = settings.has("q_group_size") ? "q_group_size" : "group_size";
    int groupSize = settings.int32(size, 128);
    integers("qweight", (prefix, parts) -> Awq.read(prefix, parts, groupSize));
  }

  private void compressed() {
    String format = settings.text("format", "dense");
    switch (format) {
      case "float-quantized", "naive-quantized", "int-quantized" ->
          scaled(block(compressedWeights(), "block_structure"));
      case "pack-quantized" -> {
        Config weights = compressedWeights();
        String strategy = weights.text("strategy", "tensor");
        require(
            strategy.equals("group") || strategy.equals("channel"),
            "strategy",
            strategy,
            "group, channel");
        int bits = bits(weights, "num_bits", 4);
        int groupSize = strategy.equals("group") ? weights.int32("group_size") : 0;
        boolean symmetric = weights.flag("symmetric", true);
        integers(
            "weight_packed",
            (prefix, parts) -> CompressedIntegers.read(prefix, parts, bits, groupSize, symmetric));
      }
      default ->
          throw unsupported(
              "format",
              format + " (of compressed-tensors)",
              "float-quantized, naive-quantized, int-quantized, pack-quantized");
    }
  }

  /** How all weights are packed; groups that differ are refused. */
  private Config compressedWeights() {
    Config groups = settings.section("config_groups");
    require(groups.keys().size() == 1, "config_groups", groups.keys(), "one group");
    return groups.section(groups.keys().iterator().next()).section("weights");
  }
}
