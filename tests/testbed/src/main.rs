fn main() -> anyhow::Result<()> {
    let progress = testbed::progress::Progress { show: true, ..Default::default() };
    let mut o = testbed::BedOptions::new(testbed::EstateSpec::demo(), testbed::Mode::Mini);
    o.progress = progress;
    let mut bed = testbed::Bed::start(o)?;
    println!("{} {:?} {} {}", bed.flink_url(), bed.prometheus_urls(), bed.kafka_bootstrap(), bed.dir().display());
    println!("{:?}", bed.wait_flowing(std::time::Duration::from_secs(60))?);
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
