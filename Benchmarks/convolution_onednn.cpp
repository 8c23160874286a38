// Times oneDNN's convolutions of a ResNet-20 step on one thread, in the layouts that it likes best, without the
// copies into them: OMP_NUM_THREADS=1 ./convolution_onednn [SECONDS]
//
// g++ -O2 convolution_onednn.cpp -ldnnl -o convolution_onednn     (Debian: libdnnl-dev)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

#include <dnnl.hpp>

using namespace dnnl;
using clock_type = std::chrono::steady_clock;
using tag = memory::format_tag;
static engine cpu(engine::kind::cpu, 0);
static stream line(cpu);

static memory filled(const memory::desc &desc) {
  memory made(desc, cpu);
  float *numbers = static_cast<float *>(made.get_data_handle());
  for (size_t i = 0; i < desc.get_size() / 4; i++) numbers[i] = float(int(i * 7919 % 2001) - 1000) / 1000;
  return made;
}

/// The fastest of as many runs as fit the time, in GF/s of the direct formula.
static double rate(const primitive &what, const std::unordered_map<int, memory> &arguments, double flops, double seconds) {
  double best = 1e9;
  auto end = clock_type::now() + std::chrono::duration<double>(seconds);
  while (clock_type::now() < end) {
    auto begin = clock_type::now();
    what.execute(line, arguments);
    line.wait();
    best = std::min(best, std::chrono::duration<double>(clock_type::now() - begin).count());
  }
  return flops / best * 1e-9;
}

int main(int count, char **words) {
  double seconds = count > 1 ? atof(words[1]) : 0.5;
  struct Size { int channels, width; };
  for (Size size : {Size{16, 32}, Size{32, 16}, Size{64, 8}}) {
    for (auto algorithm : {algorithm::convolution_direct, algorithm::convolution_winograd}) {
      const char *name = algorithm == algorithm::convolution_direct ? "direct" : "winograd";
      memory::dim n = 32, c = size.channels, w = size.width;
      auto any = [](memory::dims dims) { return memory::desc(dims, memory::data_type::f32, tag::any); };
      auto x = any({n, c, w, w}), k = any({c, c, 3, 3}), y = any({n, c, w, w});
      memory::dims one{1, 1};
      double flops = 2.0 * n * c * c * 9 * w * w;
      printf("%2d channels, %2d wide, %-8s", size.channels, size.width, name);
      try {
        convolution_forward::primitive_desc forward({prop_kind::forward_training, algorithm, x, k, y, one, one, one}, cpu);
        printf("  forward %.0f (%s)", rate(convolution_forward(forward),
          {{DNNL_ARG_SRC, filled(forward.src_desc())}, {DNNL_ARG_WEIGHTS, filled(forward.weights_desc())},
           {DNNL_ARG_DST, filled(forward.dst_desc())}}, flops, seconds), forward.impl_info_str());
        convolution_backward_data::primitive_desc data({algorithm, x, k, y, one, one, one}, cpu, forward);
        printf("  by the input %.0f", rate(convolution_backward_data(data),
          {{DNNL_ARG_DIFF_SRC, filled(data.diff_src_desc())}, {DNNL_ARG_WEIGHTS, filled(data.weights_desc())},
           {DNNL_ARG_DIFF_DST, filled(data.diff_dst_desc())}}, flops, seconds));
        convolution_backward_weights::primitive_desc weights({algorithm, x, k, y, one, one, one}, cpu, forward);
        printf("  by the kernel %.0f", rate(convolution_backward_weights(weights),
          {{DNNL_ARG_SRC, filled(weights.src_desc())}, {DNNL_ARG_DIFF_WEIGHTS, filled(weights.diff_weights_desc())},
           {DNNL_ARG_DIFF_DST, filled(weights.diff_dst_desc())}}, flops, seconds));
      } catch (const error &fault) {
        printf("  %s", fault.message);
      }
      printf("\n");
    }
  }
}
