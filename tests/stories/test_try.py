from world import World, ends
PLAY = """
- hosts: web
  become: true
  rolling: {max_unavailable: 1, soak: 10}
  tasks:
    - service: {name: web, state: restarted}
"""
def test_try():
    world = World(["a", "b", "c"])
    report = world.run(PLAY)
    for s in world.journal.kept: print(s.event)
    print(report)
    assert ends(report) == 1
