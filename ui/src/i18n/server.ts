// Texts that the server writes come in English. Words of its closed list of reasons are said in
// both languages; sentences of known shape are said in Chinese here; others stay as they came.
import { type Key, lang, t } from './index'
import { en } from './en'

const shapes: [RegExp, string][] = [
  // from what an edge is known
  [/^connector metrics$/, '连接器指标'],
  [/^plan$/, '执行计划'],
  [/^offsets of group (.*)$/, '消费组 $1 的位移'],
  [/^open transaction (.*)$/, '未结束的事务 $1'],
  [/^matched rates \((\d+) levels, (.*) % off\)$/, '速率匹配（$1 个负载水平，偏差 $2 %）'],
  [/^text of an exception$/, '异常文本'],
  [/^declared$/, '声明'],
  [/^not assessed yet$/, '尚未评估'],
  // what cannot be seen
  [/^what happens inside (.*)$/, '$1 内部的情况'],
  [/^what (.*) writes$/, '$1 写入什么'],
  [/^the topics of (.*)$/, '$1 的主题'],
  [/^a topic that (.*) reads$/, '$1 读取的一个主题'],
  [/^partitions that (.*) should read$/, '$1 应读取的分区'],
  [/^which of the jobs named (.*) is which$/, '名为 $1 的作业各是哪一个'],
  [/^how late (.*) is$/, '$1 的延迟'],
  [/^transactions of (.*)$/, '$1 的事务'],
  [/^the minutes of weeks$/, '数周的分钟数据'],
  [/^what is seen now, on disk$/, '当前观测数据的落盘'],
  [/^make room for `data_dir`, or mend it: .*$/, '为 `data_dir` 腾出空间或修复；之后自动继续，到期的巡检也会补做'],
  [/^then start it again: a new file is begun; .*$/, '处理后重新启动，将新建文件；在此之前可用率与巡检没有数据'],
  // why
  [/^Flink names no topic for this sink(: .*)?$/, 'Flink 没有说明此输出的主题$1'],
  [/^it runs, but no metrics of it were seen$/, '它在运行，但没有看到它的指标'],
  [/^their Kafka cluster is not asked$/, '没有查询它们的 Kafka 集群'],
  [/^its cluster does not show it to us$/, '其集群没有向我们展示它'],
  [/^it has no position in them(: .*)?$/, '它在其中没有位置$1'],
  [/^several run under one name(: .*)?$/, '多个作业使用同一名称$1'],
  [/^no connection: (.*)$/, '无法连接：$1'],
  [/^no answer within (\d+) ms$/, '$1 ms 内没有应答'],
  [/^it does not let us in$/, '拒绝访问'],
  [/^it answered HTTP (\d+)$/, '它应答了 HTTP $1'],
  [/^the answer is not understood: (.*)$/, '无法理解应答：$1'],
  [/^more than (\d+) bytes$/, '超过 $1 字节'],
  [/^the list of transactions is empty$/, '事务列表为空'],
  [/^Kafka answered (.*)$/, 'Kafka 应答 $1'],
  // what to do
  [/^declare it, or wait for a match of rates$/, '请声明，或等待速率匹配'],
  [/^give its Prometheus endpoint$/, '请提供它的 Prometheus 端点'],
  [/^give --kafka$/, '请提供 --kafka'],
  [/^give the observer the right to describe it$/, '请授予观察者描述它的权限'],
  [/^give the target a bearer token or user and password$/, '请为该端点提供令牌或用户名和密码'],
  [/^look whether the source discovers new partitions$/, '请检查数据源是否会发现新分区'],
  [/^configure an identity for them$/, '请为它们配置身份'],
  [/^check the address, and that it listens for this host$/, '请检查地址，以及它是否对本机监听'],
  [/^check that the address is of this kind of target$/, '请检查该地址是否属于这类端点'],
  [/^correct the file: a list of .*$/, '请修正该文件：内容为 { targets: [host:port] } 的列表'],
  [/^look at what it measures: it told no number$/, '请检查其测量来源：它返回的不是数值'],
  // what a loop did last
  [
    /^(\d+) nodes, (\d+) edges, (\d+) blind spots, (\d+) incidents, (\d+) symptoms not explained yet$/,
    '$1 个节点，$2 条边，$3 个盲区，$4 个故障，$5 个尚无解释的异常',
  ],
  [/^(\d+) sent, (\d+) wait$/, '已发送 $1 条，$2 条等待中'],
  [/^(\d+) rules$/, '$1 条规则'],
  [/^(\d+) targets?$/, '$1 个目标端点'],
  [/^kept$/, '已保存'],
  [/^(\d+) values, (\d+) facts$/, '$1 个值，$2 条事实'],
  // what a rule could not see: its own word for it, of whom
  [
    /^(\S+) of (?:job|flink_cluster|topic|broker|kafka_cluster|zookeeper|hdfs|yarn|component|host) (.*) \(needs (.*), has (.*)\)$/s,
    '$2 的 $1（需要 $3 的数据，现有 $4）',
  ],
  [/^(\S+) of subtask (\d+) of (.*)$/s, '$3 子任务 $2 的 $1'],
  [/^(\S+) of partition (\d+) of (.*)$/s, '$3 分区 $2 的 $1'],
  [/^(\S+) of (?:job|vertex|taskmanager|flink_cluster|topic|broker|kafka_cluster|zookeeper|hdfs|yarn|component|member|host) (.*)$/s, '$2 的 $1'],
  [/^there is none to ask$/, '没有可查询的对象'],
  [/^since when it is so$/, '从何时起如此'],
  [/^history from before it began$/, '开始之前的历史'],
  [/^too much to look at$/, '需要查看的数据过多'],
  [/^0 divided by 0$/, '零除以零'],
  [/^the cluster's TaskManagers$/, '集群的 TaskManager'],
  [/^the cluster's (topics|brokers)$/, '集群的 $1'],
  [/^the topic's partitions$/, '主题的分区'],
  // curves and sources
  [/^(.*) records in$/, '$1 输入'],
  [/^(.*) records out$/, '$1 输出'],
  [/^(.*) busy \(max\)$/, '$1 繁忙'],
  [/^(.*) back pressure \(max\)$/, '$1 反压'],
  [/^age of the data when it leaves$/, '数据离开时的年龄'],
  [/^inside the job$/, '作业内部'],
  [/^checkpoint duration$/, '检查点耗时'],
  [/^records written$/, '写入记录'],
  [/^assessment$/, '评估'],
  [/^Flink metrics$/, 'Flink 指标'],
  [/^Kafka end offsets$/, 'Kafka 末端位移'],
]

export function serverText(text: string): string {
  const key = `why_${text}`
  if (key in en) return t(key as Key)
  if (lang() === 'en') return text
  const known = shapes.find(([shape]) => shape.test(text))
  return known ? text.replace(known[0], known[1]) : text
}
